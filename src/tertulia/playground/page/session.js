// Who is signed in: a token for this tab, taken from the address or from the form.

import { Api } from "./api.js";
import { $ } from "./dom.js";

const KEY = "tertulia-token";

/** What the part after # asks for: {project, conversation, agent}. A token in it is stored and taken out of the address. */
export function wanted() {
  const parts = new URLSearchParams(location.hash.slice(1));
  const token = parts.get("token");
  if (token) {
    sessionStorage.setItem(KEY, token.trim());
    parts.delete("token");
    history.replaceState(null, "", `${location.pathname}${parts.size ? `#${parts}` : ""}`);
  }
  return { project: parts.get("project"), conversation: parts.get("conversation"), agent: parts.get("agent") };
}

/** The address that leads to a conversation; without one to the project and the agent to ask there. */
export function addressOf(projectId, { conversation, agent }) {
  const parts = new URLSearchParams({ project: projectId });
  if (conversation) parts.set("conversation", conversation);
  else if (agent) parts.set("agent", agent);
  return `${location.origin}${location.pathname}#${parts}`;
}

/** Resolves to the Api of a token that works, asking for one as long as it takes. */
export async function signIn() {
  let message = "";
  for (;;) {
    const token = sessionStorage.getItem(KEY) ?? (await askForToken(message));
    const api = new Api(token);
    try {
      api.email = (await api.openSession()).email;
      sessionStorage.setItem(KEY, token);
      $("sign-in").hidden = true;
      return api;
    } catch (error) {
      sessionStorage.removeItem(KEY);
      message = error.status ? error.message : "The server could not be reached.";
    }
  }
}

export async function signOut(api) {
  sessionStorage.removeItem(KEY);
  await api.closeSession().catch(() => {});
  location.replace(location.pathname);
}

function askForToken(message) {
  $("sign-in").hidden = false;
  $("sign-in-problem").textContent = message;
  $("sign-in-token").focus();
  return new Promise((resolve) => {
    const form = $("sign-in-form");
    form.addEventListener(
      "submit",
      (event) => {
        event.preventDefault();
        resolve($("sign-in-token").value.trim());
        form.reset();
      },
      { once: true },
    );
  });
}
