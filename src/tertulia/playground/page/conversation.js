// The conversation in the middle: its turns, the one that runs, and following it live, also as a guest.

import { $, problem } from "./dom.js";
import { follow, insist, newKey } from "./stream.js";
import { followUps, suggested } from "./suggestions.js";
import { Turn } from "./turn.js";

const GLANCE_MS = 2500;
const NEAR_END_PX = 80;

export class Conversation {
  #turns = new Map();
  #project = null;
  #agentId = null;
  #leaving = new AbortController();
  #moving = new AbortController();
  #running = null;
  #glance = 0;
  #isAtEnd = true;

  /** `onchange()` is called when the list may have changed, `onidentity(conversation)` when another one is shown. */
  constructor({ composer, onopen, onchange, onidentity }) {
    this.composer = composer;
    this.onopen = onopen;
    this.onchange = onchange;
    this.onidentity = onidentity;
    this.current = null;
    const scroll = $("scroll");
    scroll.addEventListener("scroll", () => this.#noteEnd());
    $("latest").addEventListener("click", () => this.#goToEnd());
    new ResizeObserver(() => this.#isAtEnd && this.#goToEnd()).observe($("turns"));
    document.addEventListener("visibilitychange", () => this.#look());
  }

  get isRunning() {
    return this.#running !== null;
  }

  /** Where new conversations are made. */
  use(project, agentId) {
    this.#project = project;
    this.#agentId = agentId;
  }

  /** An empty page; the conversation is made with its first message. */
  begin() {
    this.#leave();
    this.#show(null);
    this.composer.focus();
  }

  async open(id) {
    this.#leave();
    const { signal } = this.#leaving;
    const conversation = await this.#project.conversation(id, signal);
    if (signal.aborted) return;
    this.#show(conversation);
    this.#goToEnd();
    this.composer.focus();
    this.#look();
  }

  /** Takes what a change of name, tags or sharing gave back. */
  update(changes) {
    this.current = { ...this.current, ...changes };
    this.onidentity(this.current);
  }

  async send(text) {
    if (this.isRunning) return;
    const { signal } = this.#leaving;
    const turn = this.#newTurn((Math.max(-1, ...this.#turns.keys())) + 1);
    turn.ask(text);
    turn.begin();
    this.#goToEnd();
    this.#setRunning(turn);
    const key = newKey();
    try {
      if (this.current === null) await this.#create();
      const { id } = this.current;
      await this.#follow(turn, async () => {
        const response = await insist(() => this.#project.send(id, text, { key, signal }), signal);
        this.#number(turn, response.headers.get("X-Query-Id"));
        return response;
      });
    } catch (error) {
      if (signal.aborted) return;
      this.#setRunning(null);
      if (error.status) {
        turn.node.remove();
        this.#turns.delete(turn.queryId);
        this.composer.restore(text);
        problem(error);
        this.#look();
      } else turn.fail("The server could not be reached.");
    }
  }

  async stop() {
    if (!this.isRunning || this.current === null) return;
    try {
      await this.#project.cancel(this.current.id);
    } catch (error) {
      problem(error);
    }
  }

  /** Without a name: the server gives it one after the first answer. */
  async #create() {
    this.current = await this.#project.create(this.#agentId);
    this.onidentity(this.current);
    this.onchange();
  }

  /** Shows a running turn to its end, then as it is stored. */
  async #follow(turn, open) {
    const { signal } = this.#leaving;
    const { id } = this.current;
    const last = await follow({
      open,
      resume: (lastEventId) => this.#project.watch(id, { queryId: turn.queryId, lastEventId, signal }),
      onframe: (payload) => turn.take(payload),
      onrestart: () => turn.begin(),
      signal,
    });
    const history =
      last?.type_streaming === "streaming_completed"
        ? last.payload.chat_history
        : (await this.#project.conversation(id, signal)).chat_history;
    this.#setRunning(null);
    if (answerOf(history, turn.queryId)) this.#settle(history);
    else turn.fail(last?.payload.message ?? "The connection was lost before the answer was complete.");
    this.onchange();
    if (answerOf(history, turn.queryId)?.outcome === undefined) this.#expect();
  }

  /** Name and follow-ups come after the answer, or not at all: nothing waits for them. */
  async #expect() {
    const { signal } = this.#moving;
    const { id, name } = this.current;
    const found = await suggested(() => this.#project.conversation(id, signal), { name, signal });
    if (!found) return;
    this.#suggest(found.suggested_questions);
    if (found.name === name || this.current.name !== name) return;
    this.update({ name: found.name });
    this.onchange();
  }

  #suggest(questions) {
    $("turns").querySelector(".follow-ups")?.remove();
    const newest = this.#turns.get(Math.max(...this.#turns.keys()));
    const offered = this.isRunning || !this.current?.can_send_messages ? [] : questions;
    newest?.offer(followUps(offered, (text) => this.send(text)));
  }

  #show(conversation) {
    this.current = conversation;
    this.#turns.clear();
    $("turns").replaceChildren();
    this.#setRunning(null);
    this.composer.isOpen = conversation?.can_send_messages ?? true;
    if (conversation) this.#settle(conversation.chat_history);
    this.#suggest(conversation?.suggested_questions);
    this.onidentity(conversation);
  }

  /** Shows what is stored; a question without an answer is being answered now. */
  #settle(history) {
    const grouped = new Map();
    for (const entry of history) {
      if (!grouped.has(entry.query_id)) grouped.set(entry.query_id, []);
      grouped.get(entry.query_id).push(entry);
    }
    for (const [queryId, entries] of grouped) {
      const known = this.#turns.get(queryId);
      if (known && (known === this.#running || known.settledAs === entries.length)) continue;
      const turn = known ?? this.#newTurn(queryId);
      turn.settle(entries);
      turn.settledAs = answerOf(entries, queryId) ? entries.length : 0;
      if (!turn.settledAs) this.#watch(turn);
    }
    this.#isAtEnd && this.#goToEnd();
  }

  async #watch(turn) {
    const { signal } = this.#leaving;
    turn.begin();
    this.#setRunning(turn);
    try {
      await this.#follow(turn, () => this.#project.watch(this.current.id, { queryId: turn.queryId, signal }));
    } catch (error) {
      if (signal.aborted) return;
      this.#setRunning(null);
      turn.fail(error.message);
    }
  }

  #newTurn(queryId) {
    const turn = new Turn(queryId, { onopen: this.onopen, onagain: (text) => this.send(text) });
    this.#turns.set(queryId, turn);
    $("turns").append(turn.node);
    return turn;
  }

  /** The server counts the turns; another tab may have sent one meanwhile. */
  #number(turn, queryId) {
    if (queryId === null || Number(queryId) === turn.queryId) return;
    this.#turns.delete(turn.queryId);
    turn.queryId = Number(queryId);
    this.#turns.set(turn.queryId, turn);
  }

  #setRunning(turn) {
    this.#running = turn;
    this.composer.isRunning = turn !== null;
    if (turn === null) return;
    this.#moving.abort();
    this.#moving = new AbortController();
    this.#suggest();
  }

  #leave() {
    this.#leaving.abort();
    this.#leaving = new AbortController();
    this.#moving.abort();
    this.#moving = new AbortController();
    clearTimeout(this.#glance);
  }

  /** Somebody else may write here too: while the page is seen, it looks now and then, and follows what it finds. */
  async #look() {
    clearTimeout(this.#glance);
    const { signal } = this.#leaving;
    if (document.hidden || this.current === null) return;
    const isForeign = this.current.is_shared || !this.current.can_send_messages;
    if (isForeign) this.#glance = setTimeout(() => this.#look(), GLANCE_MS);
    if (this.isRunning) return;
    try {
      const found = await this.#project.conversation(this.current.id, signal);
      if (signal.aborted || this.isRunning || found.updated_at === this.current.updated_at) return;
      this.current = found;
      this.#settle(found.chat_history);
      this.#suggest(found.suggested_questions);
      this.onidentity(found);
    } catch (error) {
      if (!signal.aborted && error.status) this.#endOfSharing(error);
    }
  }

  #endOfSharing(error) {
    clearTimeout(this.#glance);
    if (error.status === 403 || error.status === 404) problem(new Error("This conversation is not shared any more."));
  }

  #noteEnd() {
    const { scrollHeight, scrollTop, clientHeight } = $("scroll");
    this.#isAtEnd = scrollHeight - scrollTop - clientHeight < NEAR_END_PX;
    $("latest").hidden = this.#isAtEnd;
  }

  #goToEnd() {
    $("scroll").scrollTop = $("scroll").scrollHeight;
    this.#noteEnd();
  }
}

function answerOf(entries, queryId) {
  return entries.find(
    (entry) => entry.query_id === queryId && entry.role === "assistant" && entry.type === "message",
  );
}
