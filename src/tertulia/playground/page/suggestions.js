// What comes a moment after an answer: questions that could follow, and the name the conversation was given.

import { el } from "./dom.js";

// about 20 seconds in all: the server gives up by then
const PAUSES_MS = [500, 700, 1200, 2500, 5000, 10000];

/** The questions as buttons; null where there are none. `onask(text)` is called with the one a person chose. */
export function followUps(questions, onask) {
  if (!questions?.length) return null;
  const buttons = questions.map((text) =>
    el("li", {}, el("button", { class: "follow-up", type: "button", onclick: () => onask(text) }, text)),
  );
  return el("ul", { class: "follow-ups", "aria-label": "Questions to ask next" }, buttons);
}

/** The conversation once it has a new name or questions to ask next; null where nothing comes, or `signal` aborts. */
export async function suggested(read, { name, signal }) {
  for (const pause of PAUSES_MS) {
    await new Promise((resolve) => setTimeout(resolve, pause));
    if (signal.aborted) return null;
    const found = await read().catch(() => null);
    if (signal.aborted) return null;
    if (found && (found.name !== name || found.suggested_questions)) return found;
  }
  return null;
}
