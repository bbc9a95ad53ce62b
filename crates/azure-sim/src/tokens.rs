//! What was issued: assertions and tokens, for whom, until when.

use crate::{Credentials, SignIns, clock};

/// For which service a token is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Audience {
    /// Azure Resource Manager.
    Arm,
    /// Azure SQL.
    Sql,
}

impl Audience {
    /// The claim `aud`.
    pub(crate) fn address(self) -> &'static str {
        match self {
            Self::Arm => "https://management.azure.com",
            Self::Sql => "https://database.windows.net",
        }
    }

    /// The service whose permissions a scope asks for.
    pub(crate) fn of_scope(scope: &str) -> Option<Self> {
        match scope.strip_suffix("/.default")? {
            "https://management.azure.com" | "https://management.core.windows.net" => Some(Self::Arm),
            "https://database.windows.net" => Some(Self::Sql),
            _ => None,
        }
    }
}

/// What a token is worth to a service.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Standing {
    /// It is good.
    Good,
    /// It is for another service.
    Foreign(Audience),
    /// It has ended at this time.
    Ended(f64),
    /// It was not issued here.
    Unknown,
}

/// Everything that was issued.
#[derive(Debug, Clone)]
pub(crate) struct Issued {
    /// The tokens of the start line, which never end.
    lasting: [(String, Audience); 2],
    tokens: Vec<(String, Audience, f64)>,
    assertions: Vec<Assertion>,
    pub(crate) counts: SignIns,
}

/// An assertion of GitHub's.
#[derive(Debug, Clone)]
struct Assertion {
    text: String,
    end: f64,
    used: bool,
}

/// What an assertion is worth to Microsoft Entra ID.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Presented {
    /// It was not presented before, and ends at this time.
    First(f64),
    /// It was.
    Again,
    /// GitHub did not issue it.
    Unknown,
}

impl Issued {
    /// Nothing but the tokens of the start line.
    pub(crate) fn new(credentials: &Credentials) -> Self {
        let lasting = [(credentials.arm_token.clone(), Audience::Arm), (credentials.sql_token.clone(), Audience::Sql)];
        Self { lasting, tokens: Vec::new(), assertions: Vec::new(), counts: SignIns::default() }
    }

    pub(crate) fn add_token(&mut self, token: &str, audience: Audience, end: f64) {
        self.tokens.push((token.to_owned(), audience, end));
        match audience {
            Audience::Arm => self.counts.arm_tokens += 1,
            Audience::Sql => self.counts.sql_tokens += 1,
        }
    }

    pub(crate) fn add_assertion(&mut self, text: &str, end: f64) {
        self.assertions.push(Assertion { text: text.to_owned(), end, used: false });
        self.counts.assertions += 1;
    }

    /// It is a token that was issued to somebody who signed in.
    pub(crate) fn has(&self, token: &str) -> bool {
        self.tokens.iter().any(|(known, ..)| known == token)
    }

    /// A token or an assertion ends before its time.
    pub(crate) fn end(&mut self, text: &str) {
        self.tokens.iter_mut().filter(|(known, ..)| known == text).for_each(|(_, _, end)| *end = 0.0);
        self.assertions.iter_mut().filter(|known| known.text == text).for_each(|known| known.end = 0.0);
    }

    /// Takes an assertion: from now on it counts as used.
    pub(crate) fn present(&mut self, text: &str) -> Presented {
        match self.assertions.iter_mut().find(|assertion| assertion.text == text) {
            Some(assertion) if assertion.used => Presented::Again,
            Some(assertion) => {
                assertion.used = true;
                Presented::First(assertion.end)
            }
            None => Presented::Unknown,
        }
    }

    /// What a token is worth now.
    pub(crate) fn standing(&self, token: &str, audience: Audience) -> Standing {
        if let Some((_, own)) = self.lasting.iter().find(|(known, _)| known == token) {
            return if *own == audience { Standing::Good } else { Standing::Foreign(*own) };
        }
        match self.tokens.iter().find(|(known, ..)| known == token) {
            Some((_, own, _)) if *own != audience => Standing::Foreign(*own),
            Some((_, _, end)) if *end <= clock::now() => Standing::Ended(*end),
            Some(_) => Standing::Good,
            None => Standing::Unknown,
        }
    }

    /// All assertions and tokens.
    pub(crate) fn secrets(&self) -> Vec<String> {
        let tokens = self.tokens.iter().map(|(token, ..)| token);
        tokens.chain(self.assertions.iter().map(|assertion| &assertion.text)).cloned().collect()
    }
}
