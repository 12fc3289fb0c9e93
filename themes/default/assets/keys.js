// Keys for those who like them; every page works without this file. Arrows turn pages, Esc goes up, / goes to the search.
addEventListener("keydown", (event) => {
  if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || event.shiftKey) return;
  // A key in a field, a player or a scroller belongs to it.
  if (event.target.closest("input, textarea, select, video, audio, [contenteditable]")) return;
  const go = (selector) => {
    const link = document.querySelector(selector);
    if (!link) return;
    event.preventDefault();
    link.click();
  };
  switch (event.key) {
    case "ArrowLeft": return go("a[rel=prev]");
    case "ArrowRight": return go("a[rel=next]");
    case "Escape": return go(".crumbs li:last-child a:not([aria-current])");
    case "/":
      event.preventDefault();
      document.querySelector("input[type=search]")?.focus();
  }
});
