//! The pages that App Service shows itself.

/// For a host name that no web app of the scale unit has.
pub(crate) const NOT_FOUND: &str = "<!DOCTYPE html><html><head><title>Microsoft Azure Web App - Error 404</title></head>\
<body><h1>404 Web Site not found.</h1><p>You may be seeing this error due to one of the reasons listed below :</p><ul>\
<li>Custom domain has not been configured inside Azure.</li>\
<li>Client cache is still pointing the domain to old IP address.</li></ul></body></html>";

/// For a web app that was stopped.
pub(crate) const STOPPED: &str = "<!DOCTYPE html><html><head><title>Web App - Unavailable</title></head>\
<body><h1>Error 403 - This web app is stopped.</h1>\
<p>The web app you have attempted to reach is currently stopped and does not accept any requests.</p></body></html>";

/// For a web app whose process does not answer yet.
pub(crate) const STARTING: &str = "The service is unavailable.";

/// For a web app that nothing was deployed to.
pub(crate) const WAITING: &str = "<!DOCTYPE html><html><head><title>Microsoft Azure App Service - Welcome</title></head>\
<body><h1>Your web app is running and waiting for your content</h1></body></html>";

/// For any other page of it.
pub(crate) const NO_RESOURCE: &str =
    "<!DOCTYPE html><html><body><h2>404 - File or directory not found.</h2></body></html>";
