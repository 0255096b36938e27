// One turn: what was asked, how the agent went about it, and the answer with its sources.

import { linkMaker, sourceList, sourcesOf } from "./citations.js";
import { figuresOf, proof } from "./figures.js";
import { el, icon, moment, note, pages, toolButton } from "./dom.js";
import { plainText, renderMarkdown } from "./markdown.js";

const DOING = {
  document_retrieval: ["looking through the documents", "looked through the documents"],
  get_document_outline: ["reading an outline", "read an outline"],
  get_chunk: ["reading a passage", "read a passage"],
  ask_data: ["asking the data", "asked the data"],
  run_query: ["running a query", "ran a query"],
  list_explores: ["looking at what can be asked", "looked at what can be asked"],
  describe_explore: ["looking at the fields", "looked at the fields"],
  search_field_values: ["looking for values", "looked for values"],
  draw_chart: ["drawing a chart", "drew a chart"],
  run_code: ["running a program", "ran a program"],
};
const SEARCHING = ["searching", "searched"];

export class Turn {
  #entries = [];
  #steps = new Map();
  #reasoning = null;
  #text = "";
  #work = el("div", { class: "work" });
  #answer = el("div", { class: "answer" });
  #foot = el("div", { class: "turn-foot" });
  #frame = 0;

  /** `onopen(reference, chip)` opens a passage, `onagain(text)` asks the same again where that is possible. */
  constructor(queryId, { onopen, onagain }) {
    this.queryId = queryId;
    this.onopen = onopen;
    this.onagain = onagain;
    this.question = el("div", { class: "question" });
    this.reply = el("article", { class: "reply", "aria-label": "Answer" }, this.#work, this.#answer, this.#foot);
    this.node = el("section", { class: "turn" }, this.question, this.reply);
    this.isRunning = false;
  }

  ask(text) {
    this.asked = text;
    this.question.replaceChildren(el("p", { class: "bubble" }, text));
  }

  /** Shows that the agent is at work, before anything has come of it. */
  begin() {
    this.isRunning = true;
    this.node.classList.add("running");
    this.reply.setAttribute("aria-busy", "true");
    this.#clear();
    this.#answer.replaceChildren(waiting());
    this.#foot.replaceChildren();
  }

  /** The payload of one frame. */
  take(payload) {
    switch (payload.type) {
      case "start_token_streaming":
        this.#text = "";
        break;
      case "token_streaming":
        this.#text = payload.content;
        break;
      case "reasoning":
        this.#think(payload.content);
        return;
      case "tool_call_request":
        this.#setAside();
        this.#step(payload.tool_call_id, payload);
        return;
      case "tool_call":
        this.#entries.push(payload);
        this.#step(payload.tool_call_id, payload);
        return;
      default:
        return;
    }
    this.#frame ||= requestAnimationFrame(() => this.#show());
  }

  /** The turn as it is stored: its entries of the chat history. */
  settle(entries) {
    this.isRunning = false;
    this.node.classList.remove("running");
    this.#clear();
    this.#entries = entries;
    const asked = entries.find((entry) => entry.role === "user");
    if (asked) this.ask(asked.content);
    entries.forEach((entry, at) => {
      if (entry.type === "tool_call") this.#step(`stored-${at}`, entry);
      if (entry.type === "reasoning_flow") this.#work.append(thought(entry.content, this.#link()));
    });
    const answer = entries.find((entry) => entry.role === "assistant" && entry.type === "message");
    this.#text = answer?.content ?? "";
    this.#answer.replaceChildren();
    renderMarkdown(this.#answer, this.#text, { link: this.#link() });
    this.#foot.replaceChildren(...this.#footing(answer));
    const figures = figuresOf(entries);
    if (figures) this.#foot.prepend(figures);
    this.reply.setAttribute("aria-busy", "false");
  }

  /** The turn ended without an answer that could be read from the history. */
  fail(message) {
    this.isRunning = false;
    this.node.classList.remove("running");
    this.reply.setAttribute("aria-busy", "false");
    this.#show();
    this.#answer.querySelector(".waiting")?.remove();
    this.#foot.replaceChildren(el("p", { class: "problem" }, message), this.#againButton());
  }

  /** Shows what to ask next under the answer. */
  offer(followUps) {
    if (followUps) this.reply.append(followUps);
  }

  #clear() {
    cancelAnimationFrame(this.#frame);
    this.#frame = 0;
    this.#entries = [];
    this.#steps.clear();
    this.#reasoning = null;
    this.#text = "";
    this.#work.replaceChildren();
  }

  #show() {
    this.#frame = 0;
    if (!this.isRunning && !this.#text) return;
    if (this.#text) this.#answer.querySelector(".waiting")?.remove();
    else if (this.isRunning) return this.#answer.replaceChildren(waiting());
    renderMarkdown(this.#answer, this.#text, { link: this.#link(), isLive: true });
  }

  #link() {
    return linkMaker({ sources: sourcesOf(this.#entries), onopen: this.onopen });
  }

  /** What was said before a tool was called was said on the way: it moves out of the answer. */
  #setAside() {
    if (this.#text.trim()) this.#work.append(thought(this.#text, this.#link()));
    this.#text = "";
    this.#reasoning = null;
    this.#answer.replaceChildren(waiting());
  }

  #think(text) {
    if (!this.#reasoning) {
      this.#reasoning = thought(text, this.#link());
      this.#work.append(this.#reasoning);
    }
    renderMarkdown(this.#reasoning.lastElementChild, text, { link: this.#link() });
  }

  #step(id, call) {
    const line = step(call, this.onopen);
    const old = this.#steps.get(id);
    if (old) old.replaceWith(line);
    else this.#work.append(line);
    this.#steps.set(id, line);
  }

  #footing(answer) {
    if (!answer) return [];
    const isCancelled = answer.outcome === "cancelled";
    const tokens = answer.used_tokens_input + answer.used_tokens_output;
    const facts = [isCancelled ? "stopped" : "", moment(answer.timestamp), tokens ? `${tokens} tokens` : ""];
    const copy = () =>
      navigator.clipboard.writeText(plainText(answer.content)).then(
        () => note("Answer copied."),
        () => note("The browser does not allow copying here.", { isProblem: true }),
      );
    const hasFailed = answer.outcome === "failed";
    if (hasFailed) this.#answer.lastElementChild?.classList.add("problem");
    return [
      sourceList(answer.citations, this.onopen),
      el(
        "p",
        { class: "facts" },
        el("span", {}, facts.filter(Boolean).join(" · ")),
        answer.content ? toolButton("copy", "Copy the answer", copy) : null,
        hasFailed || isCancelled ? this.#againButton() : null,
      ),
    ].filter(Boolean);
  }

  #againButton() {
    const again = () => this.onagain(this.asked);
    return el("button", { class: "button plain", type: "button", onclick: again }, icon("again"), "Ask again");
  }
}

function waiting() {
  return el("p", { class: "waiting" }, el("i"), el("i"), el("i"), el("span", { class: "unseen" }, "Working"));
}

function thought(text, link) {
  const content = el("div", { class: "thought" });
  renderMarkdown(content, text, { link });
  return el("details", { class: "step" }, el("summary", {}, el("span", { class: "what" }, "thought about it")), content);
}

/** A tool call as one line that opens: before its result came it says what it is doing. */
function step(call, onopen) {
  const [present, past] = DOING[call.tool_type] ?? SEARCHING;
  const given = call.input_parameters ?? {};
  const asked = [given.query, given.question, given.explore, given.document_name_search_string].find(Boolean) ?? "";
  const isDone = call.type === "tool_call";
  const what = el("span", { class: "what" }, `${isDone ? past : present}${asked ? ": " : ""}`, asked ? el("q", {}, asked) : null);
  if (!isDone) return el("p", { class: "step busy" }, what);
  const failure = call.results.find((result) => result.status === "error");
  const outcome = failure ? failure.message : counted(call);
  const queries = call.results.filter((result) => result.type === "query_result");
  const others = call.results.filter((result) => result.type !== "query_result");
  const found = failure ? [] : others.map((result) => hit(result, onopen)).filter(Boolean);
  const summary = el("summary", {}, what, el("span", { class: "outcome" }, `– ${outcome}`));
  return el(
    "details",
    { class: failure ? "step problem" : "step" },
    summary,
    call.note ? el("p", { class: "quiet" }, call.note) : null,
    queries.map(proof),
    found.length ? el("ol", { class: "hits" }, found) : null,
  );
}

function counted({ results }) {
  const [first] = results;
  if (first?.type === "clarification") return "asked back";
  if (first?.type === "query_result") return `${first.rows.length} row${first.rows.length === 1 ? "" : "s"}`;
  const isDocuments = results.some((result) => result.type === "document");
  const noun = isDocuments ? "document" : "passage";
  return `${results.length} ${noun}${results.length === 1 ? "" : "s"}`;
}

function hit(result, onopen) {
  if (!result.name) return null;
  const where = [result.name, pages(result.min_page, result.max_page)].filter(Boolean).join(", ");
  if (result.type !== "chunk") return el("li", {}, where);
  const path = new URL(result.reference_url, location.origin).pathname;
  const open = (event) => onopen({ path, chunkId: result.uuid, verbatim: "" }, event.currentTarget);
  return el(
    "li",
    {},
    el("button", { type: "button", class: "hit", onclick: open }, where),
    el("span", { class: "preview" }, result.content.slice(0, 180)),
  );
}
