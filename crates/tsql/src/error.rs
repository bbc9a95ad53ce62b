//! What can go wrong with a server, told so that a person knows what to do.

use std::{fmt, net::Ipv4Addr};

/// Numbers that Microsoft lists as transient for Azure SQL Database ("Troubleshoot common connection issues"): the
/// same log-in may succeed a little later. They say nothing about a batch that was already sent.
const TRANSIENT: [u32; 10] = [615, 926, 4060, 4221, 40197, 40501, 40613, 49918, 49919, 49920];

/// "Cannot open database … requested by the login."
pub(crate) const CANNOT_OPEN_DATABASE: u32 = 4060;
/// "Login failed for user '…'."
const LOGIN_FAILED: u32 = 18456;
/// "Client with IP address '…' is not allowed to access the server."
const ADDRESS_REFUSED: u32 = 40615;
/// "Client is not allowed to access the server": it comes from a subnet with a service endpoint, and no virtual network rule
/// of the server is for that subnet.
const SUBNET_REFUSED: u32 = 40914;
/// "The public network interface on this server is not accessible."
const NO_PUBLIC_ACCESS: u32 = 47073;
/// What stands in that message where a token has ended.
const TOKEN_HAS_ENDED: &str = "Token is expired";
/// "… permission was denied …", "… does not have permission …": a permission that the log-in lacks.
const PERMISSION: [u32; 8] = [229, 262, 297, 300, 916, 5011, 15151, 15247];

/// In which way a call failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// No connection came about: name resolution, TCP, or the time for it ran out.
    Unreachable,
    /// The TLS handshake failed; nothing was said to the server.
    Tls,
    /// The server refused the log-in.
    Login,
    /// The server answered with an error; the session can be used further.
    Server,
    /// Our time for the call ran out. The call was cancelled; whether it had taken effect is unknown, and the session
    /// is closed.
    Timeout,
    /// The connection broke, or the server ended it with an error of class 20 or more, or what came over it cannot be read. Whether the call took effect is unknown, and the session
    /// is closed.
    Lost,
    /// The session was closed by an earlier failure; nothing was sent.
    Closed,
    /// The server answered well, but not with what was asked for; the session can be used further.
    Unexpected,
}

/// A call that failed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("cannot {attempt}: {}{message}", Prefix(.server))]
pub struct SqlError {
    /// In which way.
    pub kind: Kind,
    /// What was tried, as it follows "cannot", e.g. ``set the database read-only in `shop` on `…` ``.
    pub attempt: String,
    /// Why it failed, without a full stop.
    pub message: String,
    /// The server's error, where it sent one.
    pub server: Option<ServerError>,
}

/// What a server says with an error besides its text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServerError {
    /// The number, e.g. 3906.
    pub number: u32,
    /// The class, which is the severity: 11 and more.
    pub class: u8,
    /// The state.
    pub state: u8,
    /// Where it happened, if that says something to a reader.
    pub place: Option<Place>,
}

/// Where an error happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// In this line of the script's file.
    Line(u32),
    /// In this line of a stored procedure.
    Procedure(String, u32),
}

struct Prefix<'e>(&'e Option<ServerError>);

impl fmt::Display for Prefix<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some(ServerError { number, class, state, place }) = self.0 else { return Ok(()) };
        write!(f, "error {number} (class {class}, state {state})")?;
        match place {
            Some(Place::Line(line)) => write!(f, " in line {line}: "),
            Some(Place::Procedure(name, line)) => write!(f, " in line {line} of procedure `{name}`: "),
            None => f.write_str(": "),
        }
    }
}

impl SqlError {
    /// A failure that no error of the server stands behind.
    pub(crate) fn new(kind: Kind, attempt: impl Into<String>, message: impl Into<String>) -> Self {
        Self { kind, attempt: attempt.into(), message: message.into(), server: None }
    }

    /// An answer that cannot be what was asked for.
    pub(crate) fn unexpected(attempt: impl Into<String>, message: impl Into<String>) -> Self {
        Self::new(Kind::Unexpected, attempt, message)
    }

    /// The server's error number, where it sent one.
    pub fn number(&self) -> Option<u32> {
        self.server.as_ref().map(|server| server.number)
    }

    /// The same failure, the last one of so many attempts.
    pub(crate) fn after(mut self, attempts: u32) -> Self {
        if attempts > 1 {
            self.attempt = format!("{} in {attempts} attempts", self.attempt);
        }
        self
    }

    /// Whether another attempt *to connect* may succeed a little later. A batch is never sent again for it.
    pub fn connecting_again_may_help(&self) -> bool {
        match self.kind {
            Kind::Unreachable | Kind::Lost => true,
            Kind::Login | Kind::Server => self.number().is_some_and(|number| TRANSIENT.contains(&number)),
            Kind::Tls | Kind::Timeout | Kind::Closed | Kind::Unexpected => false,
        }
    }

    /// Whether the server refused this log-in, or this log-in this statement, for good: nothing was done.
    pub fn not_permitted(&self) -> bool {
        let Some(number) = self.number() else { return false };
        match self.kind {
            Kind::Login => number == CANNOT_OPEN_DATABASE || !TRANSIENT.contains(&number),
            Kind::Server => PERMISSION.contains(&number),
            _ => false,
        }
    }

    /// Whether the server refused the network that this machine is in, before it looked at who logs in.
    pub fn kept_out(&self) -> bool {
        let barriers = [ADDRESS_REFUSED, SUBNET_REFUSED, NO_PUBLIC_ACCESS];
        self.kind == Kind::Login && self.number().is_some_and(|number| barriers.contains(&number))
    }

    /// The address of this machine, as the server sees it, where a firewall rule for it would open the server.
    pub fn refused_address(&self) -> Option<Ipv4Addr> {
        let refused = self.kind == Kind::Login && self.number() == Some(ADDRESS_REFUSED);
        refused.then(|| quoted_address(&self.message)?.parse().ok()).flatten()
    }

    /// Whether the server got as far as to ask who logs in, and knows nobody of that name there.
    pub fn unknown_there(&self) -> bool {
        self.kind == Kind::Login && matches!(self.number(), Some(LOGIN_FAILED | CANNOT_OPEN_DATABASE))
    }

    /// Whether the server refused the log-in because its token has ended.
    pub fn token_has_ended(&self) -> bool {
        self.kind == Kind::Login && self.number() == Some(LOGIN_FAILED) && self.message.contains(TOKEN_HAS_ENDED)
    }

    /// Whether the call may have taken effect although it failed.
    pub fn outcome_unknown(&self) -> bool {
        matches!(self.kind, Kind::Timeout | Kind::Lost)
    }

    /// What a person can do about it, where that is known.
    pub fn hint(&self) -> Option<String> {
        match self.kind {
            Kind::Unreachable | Kind::Unexpected if self.message.contains("the server redirected") => {
                Some(REDIRECT_HINT.to_owned())
            }
            Kind::Tls => Some(TLS_HINT.to_owned()),
            Kind::Login | Kind::Server => self.number().and_then(|number| hint_for(number, &self.message)),
            _ => None,
        }
    }
}

const TLS_HINT: &str = "the server's certificate must come from an authority that this machine trusts; name another one \
                        in a file of PEM certificates with the environment variable `SSL_CERT_FILE`";

const REDIRECT_HINT: &str = "open ports 11000 to 11999 to Azure's SQL addresses of the region, or set the connection policy of \
                             the server to Proxy";

fn hint_for(number: u32, message: &str) -> Option<String> {
    let hint = match number {
        ADDRESS_REFUSED => return Some(firewall_hint(message)),
        LOGIN_FAILED => return Some(login_hint(message).to_owned()),
        SUBNET_REFUSED => {
            "the server has no virtual network rule for the subnet of this runner, and no rule for an address helps there: add \
             that rule, or use a runner inside a network that the server lets in"
        }
        NO_PUBLIC_ACCESS => {
            "the server's public network access is disabled, and firewall rules have no effect: use a runner inside the \
             network, and `connect-to` for its private endpoint"
        }
        40613 => "the database is not available for the moment, as after a failover: run this step again in a minute",
        4060 => "check the database's name, and that this log-in has a user in it",
        40501 | 49918 | 49919 | 49920 => "the server is busy: run this step again in a minute",
        3906 => {
            "the database takes no writes: an upgrade has set it read-only (then `upgrade-rollback` gives it back), or it \
             is a geo-secondary"
        }
        1468 => {
            "the server refuses this while the database has a geo-replication link: the link to the stage database \
             must be removed first"
        }
        5061 | 5070 => {
            "other sessions keep the database in use: find the clients that reconnect in `sys.dm_exec_sessions`, stop \
             them, and run this step again"
        }
        226 => {
            "the statement cannot run in a transaction, and each upgrade script runs in one: take it out of the scripts"
        }
        number if PERMISSION.contains(&number) => {
            "the log-in lacks a permission: `docs/permissions.md` lists what each step needs in which database"
        }
        _ => return None,
    };
    Some(hint.to_owned())
}

fn firewall_hint(message: &str) -> String {
    let address = quoted_address(message).map_or_else(|| "this runner's address".to_owned(), str::to_owned);
    format!(
        "run `upgrade-firewall open` in this job first: it adds a firewall rule for {address} and waits until that \
         takes effect, which can take five minutes; or use a runner inside the server's network"
    )
}

/// The address in "Client with IP address '…' is not allowed to access the server".
fn quoted_address(message: &str) -> Option<&str> {
    let (_, rest) = message.split_once("IP address '")?;
    rest.split_once('\'').map(|(address, _)| address)
}

fn login_hint(message: &str) -> &'static str {
    if message.contains(TOKEN_HAS_ENDED) {
        "the access token in `sql-token` has expired: pass a new one, or sign in with `client-id` and `tenant-id`, \
         which gets a new one for each log-in"
    } else if message.contains("not currently configured to accept this token") {
        "the server has no Microsoft Entra administrator, or the token is from another tenant or cloud: check the \
         server, `tenant-id` and `sql-suffix`"
    } else if message.contains("Incorrect or invalid token") {
        "the token is not one for Azure SQL: `sql-token` must be for `https://database.windows.net/` (or that of another \
         cloud, as `sql-suffix` has it), not the one for Azure Resource Manager"
    } else if message.contains("token-identified principal") {
        "the identity behind the token has no user there: run `CREATE USER [name] FROM EXTERNAL PROVIDER` in that database \
         (for `master`, make it a user of `master` or the server's Entra administrator)"
    } else {
        "check user and password, and that the log-in exists on this very server: SQL log-ins are not replicated"
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn server(kind: Kind, number: u32, message: &str, place: Option<Place>) -> SqlError {
        let server = Some(ServerError { number, class: 16, state: 1, place });
        SqlError { kind, attempt: "run the batch".into(), message: message.into(), server }
    }

    #[test]
    fn an_error_names_attempt_number_and_place() {
        let error = server(Kind::Server, 207, "Invalid column name 'x'", Some(Place::Line(12)));
        let text = "cannot run the batch: error 207 (class 16, state 1) in line 12: Invalid column name 'x'";
        assert_eq!(error.to_string(), text);
        let error = server(Kind::Server, 50000, "no", Some(Place::Procedure("p".into(), 3)));
        let text = "cannot run the batch: error 50000 (class 16, state 1) in line 3 of procedure `p`: no";
        assert_eq!(error.to_string(), text);
        assert_eq!(SqlError::new(Kind::Lost, "log in", "reset").to_string(), "cannot log in: reset");
    }

    #[test]
    fn only_the_listed_numbers_and_broken_connections_make_another_attempt_worth_it() {
        for number in [926, 4060, 40197, 40501, 40613, 49918, 49919, 49920, 4221, 615] {
            assert!(server(Kind::Login, number, "", None).connecting_again_may_help(), "{number}");
            assert!(server(Kind::Server, number, "", None).connecting_again_may_help(), "{number}");
        }
        // 911 is a database that does not exist; 40531 a log-in whose server cannot be told.
        for number in [3906, 1468, 5069, 5070, 5061, 40615, 40914, 47073, 18456, 40531, 40532, 911] {
            assert!(!server(Kind::Login, number, "", None).connecting_again_may_help(), "{number}");
        }
        let kinds = [Kind::Unreachable, Kind::Lost, Kind::Tls, Kind::Timeout, Kind::Closed, Kind::Unexpected];
        let again = kinds.map(|kind| SqlError::new(kind, "", "").connecting_again_may_help());
        assert_eq!(again, [true, true, false, false, false, false]);
        assert_eq!(
            kinds.map(|kind| SqlError::new(kind, "", "").outcome_unknown()),
            [false, true, false, true, false, false]
        );
    }

    #[test]
    fn a_refused_address_is_read_from_the_message() {
        let text = "Cannot open server 'sql-1' requested by the login. Client with IP address '20.1.2.3' is not allowed to \
                    access the server.  To enable access, …";
        let refused = |kind, number, text: &str| server(kind, number, text, None).refused_address();
        assert_eq!(refused(Kind::Login, 40615, text), Some(Ipv4Addr::new(20, 1, 2, 3)));
        for other in [&text.replace("20.1.2.3", "2001:db8::7"), &text.replace("20.1.2.3", "20.1.2"), "cut"] {
            assert_eq!(refused(Kind::Login, 40615, other), None, "{other}");
        }
        assert_eq!((refused(Kind::Login, 40914, text), refused(Kind::Server, 40615, text)), (None, None));
        for (number, kept_out) in [(40615, true), (40914, true), (47073, true), (18456, false), (4060, false)] {
            assert_eq!(server(Kind::Login, number, "", None).kept_out(), kept_out, "{number}");
            assert_eq!(server(Kind::Login, number, "", None).unknown_there(), !kept_out, "{number}");
        }
        assert!(!server(Kind::Login, 40532, "", None).unknown_there(), "no such server");
    }

    #[test]
    fn hints_say_what_to_do() {
        let hint = |number, message| server(Kind::Login, number, message, None).hint().unwrap();
        assert_eq!(
            hint(40615, "Client with IP address '20.1.2.3' is not allowed to access the server"),
            "run `upgrade-firewall open` in this job first: it adds a firewall rule for 20.1.2.3 and waits until that \
             takes effect, which can take five minutes; or use a runner inside the server's network"
        );
        assert!(hint(40615, "cut").contains("a firewall rule for this runner's address and waits"));
        assert!(hint(47073, "").contains("use a runner inside the network"));
        assert!(hint(40914, "").contains("virtual network rule"));
        assert!(hint(18456, "Login failed for user 'app'").starts_with("check user and password"));
        assert!(!server(Kind::Login, 18456, "Login failed for user 'app'", None).token_has_ended());
        assert!(server(Kind::Login, 18456, "Login failed. Token is expired.", None).token_has_ended());
        assert!(hint(18456, "Login failed for user '<token-identified principal>'").contains("FROM EXTERNAL PROVIDER"));
        assert!(
            hint(18456, "Login failed for user '<token-identified principal>'. Token is expired.")
                .contains("`sql-token` has expired")
        );
        for number in [40613, 3906, 1468, 5061, 5070, 226, 262] {
            assert!(!hint(number, "").is_empty());
        }
        assert_eq!(server(Kind::Server, 547, "", None).hint(), None);
        assert!(SqlError::new(Kind::Tls, "", "").hint().unwrap().contains("SSL_CERT_FILE"));
    }
}
