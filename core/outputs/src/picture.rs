//! The chain of an alert as a picture: SVG without script, whose colors are those of the page around it.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use serde_json::Value;

use crate::chain::{Node, chain};
use crate::html::{escaped, shortened};
use crate::view::word;

const WIDTH: usize = 196;
const HEIGHT: usize = 50;
const ACROSS: usize = 76;
const DOWN: usize = 42;
const MARGIN: usize = 10;
/// Room above a row for the mark of the initiator.
const ABOVE: usize = 14;
/// Characters of a label and of a detail that fit into a box.
const LABEL: usize = 24;
const DETAIL: usize = 27;

/// The chain of an alert: above, initiator, IPC object and target; below, the lineage of the target. All text is escaped;
/// the classes are those of [`STYLE`](crate::STYLE).
#[must_use]
pub fn picture(alert: &Value) -> String {
    let chain = chain(alert);
    let lineage = if chain.lineage.len() > 1 { chain.lineage.as_slice() } else { &[] };
    let columns = chain.drive.len().max(lineage.len()).max(1);
    let initiator = chain.initiator().map(|node| node.key.as_str());
    let mut body = String::new();
    for (line, row) in [&chain.drive[..], lineage].into_iter().enumerate() {
        // The shorter row stands in the middle of the longer one.
        let shift = (columns - row.len().min(columns)) * (WIDTH + ACROSS) / 2;
        for (column, node) in row.iter().enumerate() {
            let x = MARGIN + shift + column * (WIDTH + ACROSS);
            let y = MARGIN + ABOVE + line * (HEIGHT + DOWN);
            body += &self::node(node, x, y, initiator == Some(&node.key));
            if column > 0 {
                body += &arrow(&node.edge, x, y);
            }
        }
    }
    let width = 2 * MARGIN + columns * WIDTH + (columns - 1) * ACROSS;
    let mut height = 2 * MARGIN + ABOVE + HEIGHT;
    if let Some(last) = lineage.last() {
        let y = height - MARGIN + DOWN - 18;
        body += &format!("<text class=\"ips-row\" x=\"{MARGIN}\" y=\"{y}\">lineage of {}</text>", escaped(&last.label));
        height += HEIGHT + DOWN;
    }
    let name = format!("chain of alert {} {}", word(alert, "code"), word(alert, "id"));
    format!(
        "<svg class=\"ips-chain\" role=\"img\" aria-label=\"{}\" viewBox=\"0 0 {width} {height}\" width=\"{width}\" \
         height=\"{height}\" xmlns=\"http://www.w3.org/2000/svg\">{body}</svg>",
        escaped(&name)
    )
}

fn node(node: &Node, x: usize, y: usize, is_initiator: bool) -> String {
    let mark = match is_initiator {
        true => format!("<text class=\"ips-mark\" x=\"{}\" y=\"{}\">▶ initiator</text>", x + 2, y - 5),
        false => String::new(),
    };
    let (radius, inner) = if node.kind == "ipc" { (HEIGHT / 2, 18) } else { (5, 9) };
    let parts = [&node.label, &node.image, &node.detail].into_iter().filter(|part| !part.is_empty());
    let full = parts.map(|part| escaped(part)).collect::<Vec<String>>().join("\n");
    format!(
        "<g class=\"ips-node ips-{}{}\"><title>{}</title>{mark}\
         <rect x=\"{x}\" y=\"{y}\" width=\"{WIDTH}\" height=\"{HEIGHT}\" rx=\"{radius}\"/>\
         <text class=\"ips-label\" x=\"{}\" y=\"{}\">{}</text><text class=\"ips-detail\" x=\"{}\" y=\"{}\">{}</text></g>",
        escaped(&node.kind),
        if is_initiator { " ips-initiator" } else { "" },
        full,
        x + inner,
        y + 21,
        shortened(&node.label, LABEL),
        x + inner,
        y + 39,
        shortened(&node.detail, DETAIL - inner / 6),
    )
}

/// An arrow to the box at this place.
fn arrow(edge: &str, x: usize, y: usize) -> String {
    let y = y + HEIGHT / 2;
    format!(
        "<g class=\"ips-link\"><path d=\"M{} {y}H{}m-6 -4l6 4l-6 4\"/><text x=\"{}\" y=\"{}\">{}</text></g>",
        x - ACROSS + 2,
        x - 3,
        x - ACROSS / 2,
        y - 6,
        escaped(edge)
    )
}
