// What plain HTML cannot do on the pages: pictures that fail, the view of a new turn, and
// sentences that point at their cards. Works on whatever is drawn later, too.
(() => {
  document.addEventListener('error', (event) => {
    if (event.target instanceof HTMLImageElement && event.target.closest('.ai-pic')) {
      event.target.classList.add('broken');
    }
  }, true);

  const light = (event, on) => {
    const sentence = event.target.closest?.('.ai-sentence');
    const turn = sentence?.closest('.ai-turn, #ai-now');
    for (const id of sentence?.dataset.ids.split(' ').filter(Boolean) ?? []) {
      turn?.querySelector(`.ai-card[data-id="${CSS.escape(id)}"]`)?.classList.toggle('lit', on);
    }
  };
  document.addEventListener('mouseover', (event) => light(event, true));
  document.addEventListener('mouseout', (event) => light(event, false));

  // A new message moves to the top, cards and sentences grow below it, and the view follows
  // their end until the shopper scrolls.
  let last = null;
  let free = false;
  for (const kind of ['wheel', 'touchmove', 'mousedown']) {
    document.addEventListener(kind, () => { free = true; }, {passive: true});
  }
  const follow = () => {
    document.body?.classList.remove('dark'); // the page has one theme, whatever the system's
    const now = document.getElementById('ai-now');
    const said = now?.querySelector('.ai-said') ?? null;
    now?.classList.toggle('live', Boolean(said));
    const turn = said && document.querySelectorAll('#ai-past .ai-turn').length + said.textContent;
    if (said && turn !== last) {
      free = false;
      said.scrollIntoView({behavior: 'smooth', block: 'start'});
    } else if (said && !free) {
      const end = document.getElementById('ai-answer').getBoundingClientRect().bottom;
      const hidden = end + 12 - document.getElementById('ai-composer').getBoundingClientRect().top;
      if (hidden > 0 && now.querySelector('.ai-sentence')) window.scrollBy({top: hidden, behavior: 'smooth'});
    }
    last = turn;
  };
  new MutationObserver(follow).observe(document.documentElement, {childList: true, subtree: true});
})();
