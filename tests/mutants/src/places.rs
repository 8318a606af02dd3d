//! The places of a source file that can be changed, and the change at each.

use std::ops::Range;

use proc_macro2::Span;
use syn::spanned::Spanned;
use syn::visit::{self, Visit};
use syn::{BinOp, Expr, Lit, UnOp};

/// One change: what stands at `range` becomes `changed`.
#[derive(Clone, Debug)]
pub struct Place {
    pub range: Range<usize>,
    pub line: usize,
    /// Lines that it takes.
    pub height: usize,
    /// The function that it stands in.
    pub function: String,
    /// The number of the place in its function.
    pub number: usize,
    pub changed: String,
    /// What was and what becomes of it, `< to <=`.
    pub what: String,
}

/// Operators that change into one another. A change of arithmetic may not compile; such places are left out later.
const OPERATORS: [(&str, &str); 14] = [
    ("==", "!="),
    ("!=", "=="),
    ("<", "<="),
    ("<=", "<"),
    (">", ">="),
    (">=", ">"),
    ("&&", "||"),
    ("||", "&&"),
    ("+", "-"),
    ("-", "+"),
    ("&", "|"),
    ("|", "&"),
    ("+=", "-="),
    ("-=", "+="),
];

/// Methods that change into one another.
const METHODS: [(&str, &str); 10] = [
    ("min", "max"),
    ("max", "min"),
    ("is_some", "is_none"),
    ("is_none", "is_some"),
    ("any", "all"),
    ("all", "any"),
    ("saturating_add", "saturating_sub"),
    ("saturating_sub", "saturating_add"),
    ("is_some_and", "is_none_or"),
    ("is_none_or", "is_some_and"),
];

/// All places of a file, in the order in which they stand.
pub fn places(source: &str) -> syn::Result<Vec<Place>> {
    let file = syn::parse_file(source)?;
    let mut finder = Finder { source, function: String::new(), number: 0, found: Vec::new() };
    finder.visit_file(&file);
    Ok(finder.found)
}

struct Finder<'s> {
    source: &'s str,
    function: String,
    number: usize,
    found: Vec<Place>,
}

impl Finder<'_> {
    fn text(&self, span: Span) -> &str {
        &self.source[span.byte_range()]
    }

    /// Adds the change of `part` of an expression into `new`.
    fn add(&mut self, whole: Span, part: Span, new: &str) {
        let (whole_range, part_range) = (whole.byte_range(), part.byte_range());
        let before = &self.source[whole_range.start..part_range.start];
        let after = &self.source[part_range.end..whole_range.end];
        let changed = format!("{before}{new}{after}");
        // The change stands on one line, so that the lines of the copy are those of the repository.
        if changed.contains("//") {
            return;
        }
        let place = Place {
            line: whole.start().line,
            height: whole.end().line + 1 - whole.start().line,
            function: self.function.clone(),
            number: self.number,
            changed: changed.replace('\n', " "),
            what: format!("{} to {new}", self.text(part)),
            range: whole_range,
        };
        self.number += 1;
        self.found.push(place);
    }

    /// Visits a function's body under its name. What is computed when compiling cannot be switched.
    fn function(&mut self, signature: &syn::Signature, body: &syn::Block) {
        if signature.constness.is_some() {
            return;
        }
        let outer = (std::mem::replace(&mut self.function, signature.ident.to_string()), self.number);
        self.number = 0;
        self.visit_block(body);
        (self.function, self.number) = outer;
    }
}

fn is_test(attributes: &[syn::Attribute]) -> bool {
    attributes.iter().any(|attribute| {
        attribute.path().is_ident("test")
            || attribute.path().is_ident("cfg")
                && attribute.parse_args::<syn::Path>().is_ok_and(|path| path.is_ident("test"))
    })
}

/// Whether a part of a chain binds names, which only a condition may.
fn binds(expression: &Expr) -> bool {
    match expression {
        Expr::Let(_) => true,
        Expr::Binary(binary) => binds(&binary.left) || binds(&binary.right),
        _ => false,
    }
}

impl<'ast> Visit<'ast> for Finder<'_> {
    fn visit_item(&mut self, item: &'ast syn::Item) {
        match item {
            syn::Item::Mod(module) if is_test(&module.attrs) => {}
            syn::Item::Fn(function) if !is_test(&function.attrs) => self.function(&function.sig, &function.block),
            syn::Item::Mod(_) | syn::Item::Impl(_) | syn::Item::Trait(_) => visit::visit_item(self, item),
            _ => {}
        }
    }

    fn visit_impl_item_fn(&mut self, function: &'ast syn::ImplItemFn) {
        self.function(&function.sig, &function.block);
    }

    fn visit_impl_item_const(&mut self, _: &'ast syn::ImplItemConst) {}

    fn visit_trait_item_fn(&mut self, function: &'ast syn::TraitItemFn) {
        if let Some(body) = &function.default {
            self.function(&function.sig, body);
        }
    }

    fn visit_pat(&mut self, _: &'ast syn::Pat) {}

    fn visit_type(&mut self, _: &'ast syn::Type) {}

    fn visit_generic_argument(&mut self, _: &'ast syn::GenericArgument) {}

    fn visit_expr(&mut self, expression: &'ast Expr) {
        match expression {
            Expr::Const(_) => return,
            Expr::Repeat(repeat) => return self.visit_expr(&repeat.expr),
            Expr::Binary(binary) => {
                let chains = matches!(binary.op, BinOp::And(_) | BinOp::Or(_)) && binds(expression);
                let operator = self.text(binary.op.span()).to_owned();
                let new = OPERATORS.iter().find(|(old, _)| *old == operator);
                if let Some((_, new)) = new.filter(|_| !chains) {
                    self.add(expression.span(), binary.op.span(), new);
                }
            }
            Expr::Unary(unary) if matches!(unary.op, UnOp::Not(_)) => {
                self.add(expression.span(), unary.op.span(), "");
            }
            Expr::MethodCall(call) => {
                let name = call.method.to_string();
                if let Some((_, new)) = METHODS.iter().find(|(old, _)| *old == name) {
                    self.add(expression.span(), call.method.span(), new);
                }
            }
            Expr::Lit(literal) => match &literal.lit {
                Lit::Bool(value) => {
                    self.add(expression.span(), literal.span(), if value.value { "false" } else { "true" });
                }
                Lit::Int(value) => {
                    if let (Ok(number), "") = (value.base10_parse::<u64>(), value.suffix()) {
                        self.add(expression.span(), literal.span(), &(number + 1).to_string());
                    }
                }
                _ => {}
            },
            _ => {}
        }
        visit::visit_expr(self, expression);
    }
}

#[cfg(test)]
mod tests {
    use super::places;

    #[test]
    fn what_can_be_switched_is_found_and_nothing_else() {
        let source = "
            const A: usize = 1 + 2;
            const fn fixed(a: u8) -> bool { a < 3 }
            fn f(a: u8, b: Option<u8>) -> bool {
                let room = [0; 4];
                match a { 7 => return !b.is_some(), _ => {} }
                if let Some(c) = b && c < a { true } else { a + 1 == 2 && b.is_none() }
            }
            #[cfg(test)]
            mod tests { fn g() -> bool { 1 == 2 } }
        ";
        let found: Vec<String> = places(source).expect("it parses").into_iter().map(|place| place.what).collect();
        let expected = [
            "0 to 1",
            "! to ",
            "is_some to is_none",
            "< to <=",
            "true to false",
            "&& to ||",
            "== to !=",
            "+ to -",
            "1 to 2",
            "2 to 3",
            "is_none to is_some",
        ];
        assert_eq!(found, expected);
    }
}
