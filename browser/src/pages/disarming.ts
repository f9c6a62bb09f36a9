/**
 * Nothing that somebody typed may leave the page by itself. Three things see to it, each of which would do alone:
 * forms lead nowhere, every sending of a form is stopped, and the policy of the page forbids it to the browser.
 */

/** From here on no form of this document can be sent, whatever becomes of the scripts. */
export function disarmPage(): void {
  forbidSending();
  document.addEventListener("submit", (event) => event.preventDefault(), { capture: true });
  disarm(document);
}

/** Forms without a way to send them, and without what the site would have been sent. */
export function disarm(root: ParentNode): void {
  for (const form of root.querySelectorAll("form")) {
    // Outside a dialog box this method does nothing at all.
    form.method = "dialog";
    form.removeAttribute("action");
    form.removeAttribute("enctype");
    form.noValidate = true;
  }
}

function forbidSending(): void {
  const policy = document.createElement("meta");
  policy.httpEquiv = "Content-Security-Policy";
  policy.content = "form-action 'none'";
  document.head.append(policy);
}
