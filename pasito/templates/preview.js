// Search, and the switches of language and channel. Without this script everything is shown.
"use strict";
{
  const root = document.documentElement;
  const tools = document.getElementById("tools");
  const found = document.getElementById("found");
  const cards = [...document.querySelectorAll("[data-find]")];
  const texts = cards.map((card) => card.textContent.toLowerCase());
  const holders = [...document.querySelectorAll("[data-holds]")].reverse(); // the inner ones first

  const search = (words) => {
    const wanted = words.toLowerCase().split(/\s+/).filter(Boolean);
    let shown = 0;
    cards.forEach((card, place) => {
      card.hidden = !wanted.every((word) => texts[place].includes(word));
      shown += card.hidden ? 0 : 1;
    });
    for (const holder of holders) {
      holder.hidden = wanted.length > 0 && !holder.querySelector("[data-find]:not([hidden])");
    }
    root.classList.toggle("searching", wanted.length > 0);
    found.textContent = wanted.length ? `${shown} of ${cards.length} entries have these words.` : "";
  };

  const only = (select) => {
    for (const option of select.options) if (option.value) root.classList.remove(`only-${option.value}`);
    if (select.value) root.classList.add(`only-${select.value}`);
  };

  let waiting;
  tools.hidden = false;
  tools.addEventListener("submit", (event) => event.preventDefault());
  tools.querySelector("input").addEventListener("input", (event) => {
    clearTimeout(waiting);
    waiting = setTimeout(search, 150, event.target.value);
  });
  for (const select of tools.querySelectorAll("select")) select.addEventListener("change", () => only(select));

  // What is folded up would be missing on paper.
  addEventListener("beforeprint", () => {
    for (const one of document.querySelectorAll("details:not([open])")) {
      one.open = true;
      one.dataset.folded = "";
    }
  });
  addEventListener("afterprint", () => {
    for (const one of document.querySelectorAll("details[data-folded]")) {
      one.open = false;
      delete one.dataset.folded;
    }
  });
}
