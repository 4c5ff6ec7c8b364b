// Keys for the meeting: they follow the links of the page, which work without them.

const LINKS = {
  ArrowLeft: "a[rel=prev]",
  PageUp: "a[rel=prev]",
  ArrowRight: "a[rel=next]",
  PageDown: "a[rel=next]",
  ArrowUp: "a[data-go=earlier]",
  ArrowDown: "a[data-go=later]",
  Home: "a[data-go=first]",
  End: "a[data-go=last]",
  Escape: "a[data-go=out]",
};

// Where the page is longer than the screen, these still scroll it.
const SCROLLS = ["ArrowUp", "ArrowDown", "PageUp", "PageDown"];

document.addEventListener("keydown", (event) => {
  const link = document.querySelector(LINKS[event.key] || null);
  const isScroll = SCROLLS.includes(event.key) && document.documentElement.scrollHeight > window.innerHeight;
  if (!link || isScroll || event.altKey || event.ctrlKey || event.metaKey || event.shiftKey) {
    return;
  }
  event.preventDefault();
  window.location.assign(link.href);
});
