// Puts the parts of the page together.

import { Composer } from "./composer.js";
import { Conversation } from "./conversation.js";
import { DocumentsDrawer } from "./documents.js";
import { $, el, problem } from "./dom.js";
import { Headline } from "./headline.js";
import { PassagePanel } from "./passage.js";
import { addressOf, signIn, signOut, wanted } from "./session.js";
import { Shelf } from "./shelf.js";

const goal = wanted();
const api = await signIn();
const projects = await api.projects().catch((error) => (problem(error), []));
let project = null;

const passage = new PassagePanel(api);
const documents = new DocumentsDrawer();
const shelf = new Shelf({ onopen: (id) => openConversation(id) });
const composer = new Composer({
  onsend: (text) => conversation.send(text),
  onstop: () => conversation.stop(),
});
const conversation = new Conversation({
  composer,
  onopen: (reference, opener) => passage.open(reference, opener),
  onchange: () => shelf.refresh(),
  onidentity: showIdentity,
});
const headline = new Headline({
  onchanged: (changes) => {
    conversation.update(changes);
    shelf.refresh();
  },
  onarchived: () => {
    beginConversation();
    shelf.refresh();
  },
  onrestored: (id) => {
    shelf.refresh();
    openConversation(id);
  },
});

function option(value, text) {
  return el("option", { value }, text);
}

function showIdentity(shown) {
  headline.show(project, shown);
  shelf.mark(shown?.id ?? null);
  $("welcome").hidden = shown !== null || conversation.isRunning;
  history.replaceState(null, "", addressOf(project.id, { conversation: shown?.id, agent: $("agent").value }));
}

function beginConversation() {
  passage.close();
  conversation.begin();
}

async function openConversation(id) {
  passage.close();
  try {
    await conversation.open(id);
  } catch (error) {
    if (error.name === "AbortError") return;
    problem(error.status === 404 || error.status === 403 ? new Error("This conversation is not open to you.") : error);
    conversation.begin();
  }
}

/** What a person sees before the first question. */
function welcome(details, agent, documentCount) {
  const amount = documentCount === 1 ? "one document" : `${documentCount} documents`;
  const nothing = "There are no documents yet. Add some, and ask about them.";
  $("welcome").replaceChildren(
    el("h2", {}, agent?.agent_conversation_starter || `Ask ${details.name}`),
    el("p", {}, details.business_brief || agent?.description || ""),
    el("p", { class: "quiet" }, documentCount ? `Answers come from ${amount}, and every one shows its proof.` : nothing),
  );
}

async function useProject({ project: id, conversation: conversationId, agent: agentId }) {
  const details = projects.find((each) => each.id === id) ?? projects[0];
  project = api.project(details.id);
  $("project").value = details.id;
  const agents = await project.agents();
  $("agent").replaceChildren(...agents.map((each) => option(each.id, each.name)));
  const agent = agents.find((each) => each.id === agentId) ?? agents[0];
  $("agent").value = agent?.id;
  conversation.use(project, agent?.id);
  const [documentCount] = await Promise.all([documents.show(project), shelf.show(project)]);
  welcome(details, agent, documentCount);
  if (conversationId) await openConversation(conversationId);
  else beginConversation();
}

function listen() {
  $("new").addEventListener("click", beginConversation);
  $("sign-out").addEventListener("click", () => signOut(api));
  $("project").addEventListener("change", ({ target }) => useProject({ project: target.value }).catch(problem));
  $("agent").addEventListener("change", ({ target }) => {
    conversation.use(project, target.value);
    beginConversation();
  });
  addEventListener("hashchange", () => {
    const next = wanted();
    const isElsewhere = next.project && next.project !== project.id;
    const isAnothers = next.agent && next.agent !== $("agent").value;
    if (isElsewhere || isAnothers) useProject({ ...next, project: next.project ?? project.id }).catch(problem);
    else if (next.conversation) openConversation(next.conversation);
  });
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || $("documents").open) return;
    if (conversation.isRunning) conversation.stop();
    else if ($("sharing").open) $("sharing").open = false;
    else if (passage.isOpen) passage.close();
    else $("rooms").classList.remove("shelf-out");
  });
}

$("project").replaceChildren(...projects.map((each) => option(each.id, each.name)));
$("sign-out").title = `Sign out ${api.email}`;
listen();
$("rooms").hidden = false;
if (projects.length) await useProject(goal).catch(problem);
else problem(new Error("You are not a member of any project yet."));
