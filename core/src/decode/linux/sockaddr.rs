//! Decodes the bytes of a socket address (`saddr`).

use core::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use core::ops::Range;

use super::details::Span;
use crate::util::saved::saved_enum;

/// The address argument of a call.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Address {
    /// There is no SOCKADDR record.
    #[default]
    Missing,
    /// AF_UNIX without a name.
    Unnamed,
    /// AF_UNIX with a path.
    Path(Span),
    /// AF_UNIX, abstract: the name without its leading NUL.
    Abstract(Span),
    /// AF_INET or AF_INET6.
    Inet(IpAddr, u16),
    /// Any other family, or too few bytes for the family.
    Other,
}

const AF_UNIX: u8 = 1;
const AF_INET: u8 = 2;
const AF_INET6: u8 = 10;

/// Decodes the raw bytes; `span` returns the span of a part of them.
pub(super) fn parse(raw: &[u8], span: impl FnOnce(Range<usize>) -> Span) -> Address {
    // The family is a 16-bit number in the machine's byte order, and always small.
    let family = match raw {
        [0, high, ..] => *high,
        [low, ..] => *low,
        [] => 0,
    };
    let rest = raw.get(2..).unwrap_or_default();
    match family {
        AF_UNIX => unix(rest, span),
        AF_INET => {
            port_and(rest, 2).map_or(Address::Other, |(port, ip)| Address::Inet(Ipv4Addr::from(ip).into(), port))
        }
        AF_INET6 => {
            port_and(rest, 6).map_or(Address::Other, |(port, ip)| Address::Inet(Ipv6Addr::from(ip).into(), port))
        }
        _ => Address::Other,
    }
}

/// An abstract name has no terminator and fills the address. A path ends at the first NUL; the bytes after it are
/// padding or leftovers of the caller's stack.
fn unix(name: &[u8], span: impl FnOnce(Range<usize>) -> Span) -> Address {
    match name {
        [] => Address::Unnamed,
        [0] => Address::Unnamed,
        [0, ..] => Address::Abstract(span(3..2 + name.len())),
        _ => Address::Path(span(2..2 + memchr::memchr(0, name).unwrap_or(name.len()))),
    }
}

/// The port and the `N` bytes of the address at `at`.
fn port_and<const N: usize>(rest: &[u8], at: usize) -> Option<(u16, [u8; N])> {
    let port = u16::from_be_bytes(*rest.first_chunk()?);
    Some((port, *rest.get(at..)?.first_chunk()?))
}

saved_enum!(Address {
    0 => Missing, 1 => Unnamed, 2 => Path(span: Span), 3 => Abstract(span: Span), 4 => Inet(ip: IpAddr, port: u16), 5 => Other,
});
