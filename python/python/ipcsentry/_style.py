"""The style of the notebook display. It follows the theme of JupyterLab, or else that of the browser."""

_LIGHT = (
    "--ips-text:#1f2328;--ips-dim:#656d76;--ips-line:#d0d7de;--ips-back:#ffffff;--ips-shade:#f6f8fa;--ips-accent:#0550ae;"
    "--ips-critical:#a40e26;--ips-high:#bc4c00;--ips-medium:#7d5a00;--ips-low:#57606a;--ips-ipc:#ddf4ff;--ips-ipc-line:#0969da"
)
_DARK = (
    "--ips-text:#e6edf3;--ips-dim:#9198a1;--ips-line:#3d444d;--ips-back:#0d1117;--ips-shade:#151b23;--ips-accent:#79c0ff;"
    "--ips-critical:#ff7b72;--ips-high:#ffa657;--ips-medium:#e3b341;--ips-low:#9198a1;--ips-ipc:#0c2d6b;--ips-ipc-line:#4493f8"
)

STYLE = (
    f".ipcsentry{{{_LIGHT}}}"
    f"@media(prefers-color-scheme:dark){{.ipcsentry{{{_DARK}}}}}"
    f'[data-jp-theme-light="true"] .ipcsentry{{{_LIGHT}}}'
    f'[data-jp-theme-light="false"] .ipcsentry{{{_DARK}}}'
    ".ips-page{margin:16px}"
    "@media(prefers-color-scheme:dark){.ips-page{background:#0d1117}}"
    ".ipcsentry{color:var(--ips-text);background:var(--ips-back);font:13px/1.45 system-ui,sans-serif;text-align:left}"
    ".ipcsentry .ips-head,.ipcsentry .ips-line{display:grid;gap:0 10px;padding:4px 6px;align-items:baseline;"
    "grid-template-columns:10px 62px 176px minmax(60px,1fr) minmax(150px,4fr) minmax(80px,1.6fr) minmax(80px,1.8fr) 40px;"
    "border-bottom:1px solid var(--ips-line)}"
    ".ipcsentry .ips-head{color:var(--ips-dim);font-size:12px}"
    ".ipcsentry .ips-line>span{overflow-wrap:anywhere;min-width:0}"
    ".ipcsentry .ips-line>span:last-child,.ipcsentry .ips-head>span:last-child{text-align:right}"
    ".ipcsentry summary{cursor:pointer;list-style:none}"
    ".ipcsentry summary::-webkit-details-marker{display:none}"
    ".ipcsentry summary.ips-line:hover{background:var(--ips-shade)}"
    ".ipcsentry .ips-turn::before{content:'▸';font-style:normal;color:var(--ips-dim)}"
    ".ipcsentry details[open]>summary .ips-turn::before{content:'▾'}"
    ".ipcsentry time{font-variant-numeric:tabular-nums}"
    ".ipcsentry .ips-badge{font-size:11px;border:1px solid;border-radius:4px;padding:0 5px}"
    + "".join(f".ipcsentry .ips-badge.ips-{s}{{color:var(--ips-{s})}}" for s in ("critical", "high", "medium", "low"))
    + ".ipcsentry .ips-alert{padding:6px 10px 10px 22px;border-bottom:1px solid var(--ips-line);background:var(--ips-shade)}"
    ".ipcsentry h4{margin:4px 0;font-size:13px}.ipcsentry small,.ipcsentry .ips-more,.ipcsentry .ips-none{color:var(--ips-dim)}"
    ".ipcsentry p{margin:4px 0}"
    ".ipcsentry dl{display:grid;grid-template-columns:max-content 1fr;gap:1px 12px;margin:6px 0}"
    ".ipcsentry dt{color:var(--ips-dim)}.ipcsentry dd{margin:0;overflow-wrap:anywhere}"
    ".ipcsentry table{border-collapse:collapse;font-size:12px;margin:4px 0;color:inherit}"
    ".ipcsentry th,.ipcsentry td{text-align:left;padding:2px 10px 2px 0;vertical-align:top;border:0;"
    "border-bottom:1px solid var(--ips-line);background:none;white-space:nowrap}"
    ".ipcsentry th{color:var(--ips-dim);font-weight:normal;white-space:nowrap}"
    ".ipcsentry td.ips-text{white-space:normal;overflow-wrap:anywhere}.ipcsentry td{font-variant-numeric:tabular-nums}"
    ".ipcsentry pre{white-space:pre-wrap;overflow-wrap:anywhere;margin:2px 0;font-size:12px;color:inherit;background:none}"
    ".ipcsentry .ips-raw>summary{color:var(--ips-accent)}"
    ".ipcsentry .ips-errors,.ipcsentry .ips-judged{padding:6px;color:var(--ips-dim)}"
    ".ipcsentry .ips-failed{color:var(--ips-critical)}.ipcsentry ul{margin:2px 0 2px 18px;padding:0}"
    ".ipcsentry .ips-chain{max-width:100%;height:auto;display:block;margin:6px 0}"
    ".ips-chain text{font:12px system-ui,sans-serif;fill:var(--ips-text)}"
    ".ips-chain .ips-label{font-weight:600}.ips-chain .ips-detail,.ips-chain .ips-row,.ips-link text{font-size:11px;fill:var(--ips-dim)}"
    ".ips-node rect{fill:var(--ips-back);stroke:var(--ips-line)}"
    ".ips-ipc rect{fill:var(--ips-ipc);stroke:var(--ips-ipc-line)}"
    ".ips-remote rect,.ips-unknown rect{stroke-dasharray:4 3}"
    ".ips-initiator rect{stroke:var(--ips-critical);stroke-width:2.5}"
    ".ips-chain .ips-mark{font-size:11px;font-weight:600;fill:var(--ips-critical)}"
    ".ips-link path{fill:none;stroke:var(--ips-dim)}.ips-link text{text-anchor:middle}"
)
