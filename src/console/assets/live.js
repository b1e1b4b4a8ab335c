// Parts of a page that renew themselves: what the gateway says takes the place of what stands there. Without this script a page
// is read all the same, and reloaded by hand.
"use strict";

// What the keyboard is on stays under it: the same link or button of the part that comes, by its place among them.
const FOCUSABLE = "a[href], button, input, select, summary, [tabindex]";

function renew(part, html) {
  const before = [...part.querySelectorAll(FOCUSABLE)];
  const place = before.indexOf(document.activeElement);
  const target = before[place]?.getAttribute("href");
  const come = new DOMParser().parseFromString(html, "text/html");
  part.replaceChildren(...come.body.childNodes);
  if (place < 0) return;
  const after = [...part.querySelectorAll(FOCUSABLE)];
  const same = after.find((one) => target !== null && one.getAttribute("href") === target) ?? after[place];
  same?.focus({ preventScroll: true });
}

// What is worth telling aloud is said where it always stands: a reader speaks of words that change, not of parts that are replaced.
function speak(before, after) {
  if (after && before !== after) document.getElementById("spoken").textContent = after;
}

const words = (part) => part.querySelector("[data-spoken]")?.textContent;

for (const part of document.querySelectorAll("[data-live]")) {
  const source = new EventSource(part.dataset.live);
  source.addEventListener("part", (event) => {
    const before = words(part);
    renew(part, event.data);
    speak(before, words(part));
  });
  // Between two events it asks again by itself; refused, it is over: the session ended, or there is no such thing any more.
  source.addEventListener("error", () => {
    if (source.readyState !== EventSource.CLOSED) return;
    const over = document.createElement("p");
    over.className = "notice odd";
    over.setAttribute("role", "alert");
    over.textContent = "This page does not renew itself any more: load it again.";
    part.before(over);
  });
}
