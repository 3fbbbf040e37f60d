/* The command palette: everything that the page offers, by typing a part of its name. Made from the page's own links and buttons. */
"use strict";

(() => {
  const dialog = document.getElementById("palette");
  const opener = document.getElementById("palette-open");
  const search = document.getElementById("desk-search");
  if (!dialog || !opener) return;
  const input = dialog.querySelector("input");
  const list = dialog.querySelector("ul");
  let commands = [];
  const NONE = -1; // before anything is typed or pointed at, Enter does nothing
  let current = NONE;

  const words = (element) => element.textContent.replace(/\s+/g, " ").trim();

  function collect() {
    const found = [];
    document.querySelectorAll("#decide .act").forEach((button) => {
      if (button.value === "reject") return;
      found.push({ name: words(button.querySelector(".act-name") || button), act: () => button.click() });
    });
    const reject = document.querySelector("#decide [value=reject]");
    document.querySelectorAll("#decide input[name=reason]").forEach((radio) => {
      const name = `${words(reject.querySelector(".act-name"))}: ${words(radio.parentElement.querySelector(".reason-name"))}`;
      found.push({ name, act: () => { radio.checked = true; reject.click(); } });
    });
    document.querySelectorAll("#item .more form button, #toasts .toast form button").forEach((button) => {
      if (!button.hasAttribute("formaction") && !button.closest("form").querySelector("textarea")) {
        found.push({ name: words(button), act: () => button.click() });
      }
    });
    document.querySelectorAll(".desk-views .views a").forEach((link) => {
      found.push({ name: words(link.querySelector("span")), hint: dialog.dataset.view, act: () => link.click() });
    });
    found.push({ name: words(document.getElementById("keys-title")), act: () => document.getElementById("keys").showModal() });
    return found;
  }

  /* What begins with the words comes first, then the search for them, then what merely has them in it: who types a word and presses
     Enter wants to find it, not to reject a comment for the reason that happens to be called so. */
  function fitting() {
    const typed = input.value.trim();
    const parts = typed.toLocaleLowerCase().split(/\s+/).filter(Boolean);
    if (!parts.length) return commands;
    const named = commands.filter((command) => parts.every((part) => command.name.toLocaleLowerCase().includes(part)));
    const first = named.filter((command) => command.name.toLocaleLowerCase().startsWith(parts[0]));
    const look = {
      name: `${dialog.dataset.search}: ${typed}`,
      act: () => { search.value = typed; search.form.requestSubmit(); },
    };
    return [...first, look, ...named.filter((command) => !first.includes(command))];
  }

  function fill() {
    const shown = fitting();
    current = Math.min(current, shown.length - 1);
    list.replaceChildren(...shown.map((command, index) => {
      const line = document.createElement("li");
      line.id = `command-${index}`;
      line.setAttribute("role", "option");
      line.setAttribute("aria-selected", String(index === current));
      line.textContent = command.name;
      if (command.hint) {
        const hint = document.createElement("span");
        hint.className = "quiet";
        hint.textContent = command.hint;
        line.append(hint);
      }
      line.addEventListener("click", () => run(command));
      return line;
    }));
    if (shown[current]) input.setAttribute("aria-activedescendant", `command-${current}`);
    else input.removeAttribute("aria-activedescendant");
    const line = list.children[current];
    if (line) line.scrollIntoView({ block: "nearest" });
    return shown;
  }

  function run(command) {
    dialog.close();
    command.act();
  }

  function openPalette() {
    commands = collect();
    current = NONE;
    input.value = "";
    dialog.showModal();
    fill();
  }

  input.addEventListener("input", () => { current = input.value.trim() ? 0 : NONE; fill(); });
  input.addEventListener("keydown", (event) => {
    if (event.isComposing) return;
    if (event.key === "ArrowDown") { current += 1; fill(); event.preventDefault(); }
    if (event.key === "ArrowUp") { current = Math.max(current - 1, 0); fill(); event.preventDefault(); }
    if (event.key === "Enter") { event.preventDefault(); const chosen = fill()[current]; if (chosen) run(chosen); }
  });
  opener.addEventListener("click", openPalette);
  document.addEventListener("keydown", (event) => {
    const chord = (event.ctrlKey || event.metaKey) && !event.altKey && event.key.toLowerCase() === "k";
    const plain = event.key === "/" && !event.ctrlKey && !event.metaKey && !event.altKey
      && !event.target.matches("textarea, select, input:not([type=checkbox], [type=radio])")
      && document.getElementById("keys-on").checked;
    if ((!chord && !plain) || document.querySelector("dialog[open]")) return;
    event.preventDefault();
    openPalette();
  });
})();
