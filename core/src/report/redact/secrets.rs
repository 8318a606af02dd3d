//! Secrets on command lines: what stands behind words that announce one.

use alloc::string::String;

/// What stands for a secret.
pub(super) const SECRET: &str = "***";

/// Words at the end of a name whose value is a secret, in lower case without separators.
const NAMES: [&str; 20] = [
    "password",
    "passwd",
    "pass",
    "pwd",
    "passphrase",
    "secret",
    "token",
    "apikey",
    "accesskey",
    "secretkey",
    "privatekey",
    "sharedkey",
    "authorization",
    "credential",
    "credentials",
    "cookie",
    "connectionstring",
    "sas",
    "accountkey",
    "kerberoskey",
];
/// Words after which a secret follows as a word of its own.
const BEFORE: [&str; 3] = ["bearer", "basic", "negotiate"];
/// Programs whose option `-p` is a password, with the secret in the same word or the next.
const DASH_P: [&str; 6] = ["sshpass", "mysql", "mysqldump", "mysqladmin", "mariadb", "winexe"];
/// Options whose value is a name and a secret with a colon between.
const PAIRS: [&str; 4] = ["-u", "--user", "--proxy-user", "-U"];

/// A text without its secrets.
pub(super) fn without(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let (mut next_is_secret, mut next_is_pair, mut dash_p) = (false, false, false);
    let mut quotes_count = true;
    let mut rest = text;
    while !rest.is_empty() {
        let blanks = rest.len() - rest.trim_start().len();
        let (space, from) = rest.split_at(blanks);
        let (word, after) = from.split_at(word_length(from, &mut quotes_count));
        out.push_str(space);
        rest = after;
        let bare = word.trim_matches(['"', '\'']);
        if core::mem::take(&mut next_is_secret) && !bare.is_empty() && !BEFORE.contains(&&*bare.to_ascii_lowercase()) {
            out.push_str(SECRET);
            continue;
        }
        let pair = core::mem::take(&mut next_is_pair).then(|| bare.find(':')).flatten();
        dash_p |= DASH_P.contains(&program(bare));
        next_is_pair = PAIRS.contains(&bare);
        next_is_secret = BEFORE.contains(&&*bare.to_ascii_lowercase())
            || is_option(bare) && !bare.contains(['=', ':']) && is_secret_name(bare)
            || bare.ends_with(':') && is_secret_name(bare)
            || dash_p && bare == "-p";
        match () {
            () if pair.is_some() => {
                out.push_str(&bare[..pair.map_or(0, |at| at + 1)]);
                out.push_str(SECRET);
            }
            () if dash_p && bare.len() > 2 && bare.starts_with("-p") && !bare.starts_with("--") => {
                out.push_str("-p");
                out.push_str(SECRET);
            }
            () => out.push_str(&within(word)),
        }
    }
    out
}

/// The length of the first word; blanks within quotes belong to it. A quote that is not closed quotes nothing, and from
/// there on none does: the work stays linear.
fn word_length(text: &str, quotes_count: &mut bool) -> usize {
    let first = text.find(char::is_whitespace).unwrap_or(text.len());
    if !*quotes_count {
        return first;
    }
    let mut quote = None;
    for (at, c) in text.char_indices() {
        match quote {
            Some(open) if c == open => quote = None,
            None if matches!(c, '"' | '\'') => quote = Some(c),
            None if c.is_whitespace() => return at,
            _ => {}
        }
    }
    *quotes_count = quote.is_none();
    if *quotes_count { text.len() } else { first }
}

fn program(word: &str) -> &str {
    let name = word.rsplit(['/', '\\']).next().unwrap_or_default();
    name.strip_suffix(".exe").unwrap_or(name)
}

fn is_option(word: &str) -> bool {
    word.starts_with('-') || word.starts_with('/') && !word[1..].contains('/')
}

/// Whether the value of a name is a secret: `--db-password`, `API_KEY`.
fn is_secret_name(name: &str) -> bool {
    let letters: String = name.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_lowercase()).collect();
    NAMES.iter().any(|known| letters.ends_with(known))
}

/// A word without the secrets in it: `name=secret`, `name:secret`, `scheme://user:secret@host`. A quoted word may hold
/// several words.
fn within(word: &str) -> String {
    if let Some(quote) = word.chars().next().filter(|c| matches!(c, '"' | '\'')) {
        let inner = word[1..].strip_suffix(quote);
        if let Some(inner) = inner.filter(|inner| inner.contains(char::is_whitespace)) {
            return [&word[..1], &without(inner), &word[..1]].concat();
        }
    }
    if let Some((scheme, rest)) = word.split_once("://") {
        let end = rest.find(['/', '?', '#', '"', '\'']).unwrap_or(rest.len());
        let (place, path) = rest.split_at(end);
        let place = match place.rsplit_once('@') {
            Some((_, host)) => [SECRET, "@", host].concat(),
            None => place.into(),
        };
        return [scheme, "://", &place, &query(path)].concat();
    }
    named(word)
}

/// The path and query of an address without the secrets among its parameters.
fn query(path: &str) -> String {
    let Some((path, parameters)) = path.split_once('?') else { return path.into() };
    let mut out = String::from(path);
    for (number, parameter) in parameters.split('&').enumerate() {
        out.push(if number == 0 { '?' } else { '&' });
        out.push_str(&named(parameter));
    }
    out
}

/// `name=secret` and `name:secret`, several with `;` or `,` between.
fn named(word: &str) -> String {
    let mut out = String::with_capacity(word.len());
    for part in word.split_inclusive([';', ',']) {
        let at = part
            .find(['=', ':'])
            .filter(|at| is_secret_name(&part[..*at]) && at + 1 < part.trim_end_matches([';', ',']).len());
        match at {
            Some(at) => {
                let end = part.len() - part.trim_end_matches([';', ',', '"', '\'']).len();
                out.push_str(&part[..=at]);
                out.push_str(SECRET);
                out.push_str(&part[part.len() - end..]);
            }
            None => out.push_str(part),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::without;

    #[test]
    fn secrets_go_and_the_rest_stays() {
        for (text, due) in [
            ("app --password hunter2 --host db", "app --password *** --host db"),
            ("app --db-password=hunter2", "app --db-password=***"),
            ("API_KEY=abc123 run", "API_KEY=*** run"),
            (r#"powershell -Token "a b c" -Verb x"#, "powershell -Token *** -Verb x"),
            ("curl -H 'Authorization: Bearer abc.def' x", "curl -H 'Authorization: Bearer ***' x"),
            ("curl -u anna:hunter2 https://e.com", "curl -u anna:*** https://e.com"),
            ("git clone https://anna:hunter2@e.com/x.git", "git clone https://***@e.com/x.git"),
            ("wget https://e.com/x?a=1&token=abc", "wget https://e.com/x?a=1&token=***"),
            ("sshpass -p hunter2 ssh h", "sshpass -p *** ssh h"),
            ("mysql -uroot -phunter2 db", "mysql -uroot -p*** db"),
            ("Server=db;User Id=sa;Password=hunter2;", "Server=db;User Id=sa;Password=***;"),
            ("net use x /user:anna /pwd:hunter2", "net use x /user:anna /pwd:***"),
            ("sh -c 'mysql --password=a b'", "sh -c 'mysql --password=*** b'"),
            ("it's a compass passed by", "it's a compass passed by"),
            ("it's --token a x", "it's --token *** x"),
            ("", ""),
        ] {
            assert_eq!(without(text), due, "{text}");
        }
    }
}
