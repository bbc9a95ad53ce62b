//! What Azure Resource Manager says no with.

/// An error answer: status, `error.code` and `error.message`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Refusal {
    pub(crate) status: u16,
    pub(crate) code: String,
    pub(crate) message: String,
}

impl Refusal {
    pub(crate) fn new(status: u16, code: &str, message: impl Into<String>) -> Self {
        Self { status, code: code.to_owned(), message: message.into() }
    }

    pub(crate) fn bad_request(code: &str, message: impl Into<String>) -> Self {
        Self::new(400, code, message)
    }

    pub(crate) fn conflict(code: &str, message: impl Into<String>) -> Self {
        Self::new(409, code, message)
    }

    /// The answer of Azure Resource Manager itself for a resource that is not there.
    pub(crate) fn not_found(kind: &str, group: &str, name: &str) -> Self {
        let message = format!(
            "The Resource '{kind}/{name}' under resource group '{group}' was not found. For more details please go to \
             https://aka.ms/ARMResourceNotFoundFix"
        );
        Self::new(404, "ResourceNotFound", message)
    }

    pub(crate) fn group_not_found(group: &str) -> Self {
        Self::new(404, "ResourceGroupNotFound", format!("Resource group '{group}' could not be found."))
    }

    pub(crate) fn parent_not_found(kind: &str, parent_id: &str) -> Self {
        let message = format!(
            "Failed to perform 'read' on resource(s) of type '{kind}', because the parent resource '{parent_id}' could \
             not be found."
        );
        Self::new(404, "ParentResourceNotFound", message)
    }

    /// What the simulator says to a request that Azure would carry out and that is outside its model.
    pub(crate) fn not_modelled(what: impl std::fmt::Display) -> Self {
        Self::bad_request("NotModelledBySimulator", format!("The simulated Azure does not model this: {what}."))
    }
}
