// Where a message is written. While an answer runs, the same button stops it.

import { $ } from "./dom.js";

export class Composer {
  #form = $("composer");
  #field = $("message");
  #isRunning = false;

  constructor({ onsend, onstop }) {
    this.onsend = onsend;
    this.onstop = onstop;
    this.#form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.#act();
    });
    this.#field.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
      event.preventDefault();
      if (!this.#isRunning) this.#act();
    });
    this.#field.addEventListener("input", () => this.#fit());
  }

  set isRunning(isRunning) {
    this.#isRunning = isRunning;
    $("send-icon").setAttribute("href", isRunning ? "#i-stop" : "#i-send");
    $("send").setAttribute("aria-label", isRunning ? "Stop the answer" : "Send");
    $("send").classList.toggle("stop", isRunning);
    this.#fit();
  }

  /** Whether the person who is signed in may write here. */
  set isOpen(isOpen) {
    this.#form.hidden = $("composer-hint").hidden = !isOpen;
    $("guest-hint").hidden = isOpen;
  }

  /** Puts text back that could not be sent, unless something else was written meanwhile. */
  restore(text) {
    this.#field.value ||= text;
    this.#fit();
  }

  focus() {
    if (matchMedia("(pointer: fine)").matches && !this.#form.hidden) this.#field.focus();
  }

  #act() {
    if (this.#isRunning) {
      this.onstop();
      return;
    }
    const text = this.#field.value.trim();
    if (!text) return;
    this.#field.value = "";
    this.#fit();
    this.onsend(text);
  }

  #fit() {
    this.#field.style.height = "auto";
    this.#field.style.height = `${Math.min(this.#field.scrollHeight, 220)}px`;
    $("send").disabled = !this.#isRunning && this.#field.value.trim() === "";
  }
}
