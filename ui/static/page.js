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

  // A new message moves to the top, so that cards and sentences grow into view below it.
  let last = null;
  const follow = () => {
    document.body?.classList.remove('dark'); // the page has one theme, whatever the system's
    const now = document.getElementById('ai-now');
    const said = now?.querySelector('.ai-said') ?? null;
    now?.classList.toggle('live', Boolean(said));
    const text = said?.textContent + document.querySelectorAll('#ai-past .ai-turn').length;
    if (said && text !== last) said.scrollIntoView({behavior: 'smooth', block: 'start'});
    last = said ? text : null;
  };
  new MutationObserver(follow).observe(document.documentElement, {childList: true, subtree: true});
})();
