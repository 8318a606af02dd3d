//! Text and tables as HTML.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use ipcsentry::printable;

/// The style of chains and reports. It follows the theme of JupyterLab, or else that of the browser.
pub const STYLE: &str = include_str!("style.css");

/// The SHA-256 of [`STYLE`] in Base64, for the page's content policy: a page allows this style and nothing else. A test in a
/// browser and one in Python compare it with the style.
pub(crate) const STYLE_HASH: &str = "J2ZoNGXxS1ChrStXXeAr/dhITbcV+OYSkgh081lXhmU=";

/// Text for a page: neither markup nor a character that changes how other text looks.
pub(crate) fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 16);
    for c in printable(text).chars() {
        match c {
            '&' => out += "&amp;",
            '<' => out += "&lt;",
            '>' => out += "&gt;",
            '"' => out += "&quot;",
            '\'' => out += "&#x27;",
            c => out.push(c),
        }
    }
    out
}

/// The same of at most so many characters: of a path or a command line, both ends are of interest.
pub(crate) fn shortened(text: &str, most: usize) -> String {
    let shown: Vec<char> = printable(&text.replace('\n', " ")).chars().collect();
    if shown.len() <= most {
        return escaped(&String::from_iter(shown));
    }
    let tail = most / 2;
    let head = String::from_iter(&shown[..most - 1 - tail]);
    format!("{}…{}", escaped(&head), escaped(&String::from_iter(&shown[shown.len() - tail..])))
}

/// A table; the last but one of its columns holds text that may break anywhere.
pub(crate) fn table(heads: &[&str], rows: impl Iterator<Item = Vec<String>>) -> String {
    let wide = heads.len().saturating_sub(2);
    let mut text = String::from("<table><thead><tr>");
    for head in heads {
        text += &format!("<th>{head}</th>");
    }
    text += "</tr></thead><tbody>";
    for row in rows {
        text += "<tr>";
        for (at, cell) in row.iter().enumerate() {
            text += if at == wide { "<td class=\"ips-text\">" } else { "<td>" };
            text += &escaped(cell);
            text += "</td>";
        }
        text += "</tr>";
    }
    text + "</tbody></table>"
}

/// The badge of a severity.
pub(crate) fn badge(severity: &str) -> String {
    let severity = escaped(severity);
    format!("<b class=\"ips-badge ips-{severity}\">{severity}</b>")
}

/// A whole page around a body of HTML, with a policy that allows [`STYLE`] and nothing else: no script and no request.
#[must_use]
pub fn page(body: &str) -> String {
    format!(
        "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\"><title>ipcsentry</title>\
         <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'sha256-{STYLE_HASH}'; \
         base-uri 'none'; form-action 'none'\"><meta name=\"referrer\" content=\"no-referrer\">\
         <meta name=\"viewport\" content=\"width=device-width\"><style>{STYLE}</style></head>\
         <body class=\"ips-page\"><div class=\"ipcsentry\">{body}</div></body></html>\n"
    )
}
