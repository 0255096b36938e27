// The line above a conversation: its name and tags, renaming, sharing, archiving.

import { $, el, icon, note, problem } from "./dom.js";
import { addressOf } from "./session.js";

export class Headline {
  #project = null;
  #conversation = null;

  /** `onchanged(changes)` gets what a change gave back, `onarchived()` is called when the conversation is gone. */
  constructor({ onchanged, onarchived, onrestored }) {
    this.onchanged = onchanged;
    this.onarchived = onarchived;
    this.onrestored = onrestored;
    $("rename-open").addEventListener("click", () => this.#beginRename());
    $("rename-form").addEventListener("submit", (event) => {
      event.preventDefault();
      this.#rename();
    });
    $("rename").addEventListener("keydown", (event) => {
      if (event.key !== "Escape") return;
      event.stopPropagation();
      this.#endRename();
    });
    $("rename").addEventListener("blur", () => this.#rename());
    $("share-copy").addEventListener("click", () => this.#share());
    $("unshare").addEventListener("click", () => this.#unshare());
    $("archive").addEventListener("click", () => this.#archive());
    document.addEventListener("click", ({ target }) => {
      if (!$("sharing").contains(target)) $("sharing").open = false;
    });
  }

  show(project, conversation) {
    // who is writing a name writes on when the server finds another one
    if (conversation?.id !== this.#conversation?.id) this.#endRename();
    this.#project = project;
    this.#conversation = conversation;
    const isOwn = conversation?.can_send_messages ?? false;
    $("title").textContent = conversation?.name ?? "New conversation";
    document.title = conversation ? `${conversation.name} · Tertulia` : "Tertulia";
    $("actions").hidden = !isOwn;
    const isShared = conversation?.is_shared ?? false;
    $("sharing").classList.toggle("on", isShared);
    $("sharing-note").textContent = isShared
      ? "Every member of this project who has the link can read along."
      : "Share it, and every member of this project who has the link can read along, live.";
    $("share-copy").textContent = isShared ? "Copy the link" : "Share and copy the link";
    $("unshare").hidden = !isShared;
    this.#showTags(isOwn);
  }

  #showTags(isOwn) {
    const tags = this.#conversation?.tags ?? [];
    const chips = tags.map((tag) =>
      el(
        "span",
        { class: "tag fixed" },
        tag,
        isOwn
          ? el("button", { type: "button", "aria-label": `Remove tag ${tag}`, onclick: () => this.#retag(tags, tag) }, icon("close"))
          : null,
      ),
    );
    if (isOwn) chips.push(this.#tagField(tags));
    $("own-tags").replaceChildren(...chips);
  }

  #tagField(tags) {
    const add = ({ target }) => {
      const tag = target.value.trim();
      if (tag && !tags.includes(tag)) this.#change({ tags: [...tags, tag] });
      target.value = "";
    };
    const onkeydown = (event) => {
      if (event.key === "Enter") add(event);
    };
    return el("input", { class: "tag-field", placeholder: "+ tag", maxlength: 100, "aria-label": "Add a tag", onkeydown, onchange: add });
  }

  #retag(tags, gone) {
    this.#change({ tags: tags.filter((tag) => tag !== gone) });
  }

  #beginRename() {
    $("rename").value = $("rename").defaultValue = this.#conversation.name;
    $("title").hidden = true;
    $("rename-form").hidden = false;
    $("rename").select();
  }

  #endRename() {
    $("title").hidden = false;
    $("rename-form").hidden = true;
  }

  #rename() {
    if ($("rename-form").hidden) return;
    const name = $("rename").value.trim();
    this.#endRename();
    if (name && name !== $("rename").defaultValue) this.#change({ name });
  }

  #change(changes) {
    return this.#attempt(async ({ id }) => {
      const { name, tags, updated_at } = await this.#project.change(id, changes);
      this.onchanged({ name, tags, updated_at });
    });
  }

  #share() {
    return this.#attempt(async ({ id, is_shared: isShared }) => {
      const address = addressOf(this.#project.id, { conversation: id });
      if (!isShared) {
        await this.#project.share(id);
        this.onchanged({ is_shared: true });
      }
      $("sharing").open = false;
      try {
        await navigator.clipboard.writeText(address);
        note("The link is copied.");
      } catch {
        note(address);
      }
    });
  }

  #unshare() {
    return this.#attempt(async ({ id }) => {
      await this.#project.unshare(id);
      $("sharing").open = false;
      this.onchanged({ is_shared: false });
    });
  }

  #archive() {
    const project = this.#project;
    return this.#attempt(async ({ id, name }) => {
      await project.archive(id);
      this.onarchived();
      const restore = () => project.unarchive(id).then(() => this.onrestored(id), problem);
      note(`“${name}” is archived.`, { action: "Undo", onaction: restore });
    });
  }

  async #attempt(work) {
    try {
      await work(this.#conversation);
    } catch (error) {
      problem(error);
    }
  }
}
