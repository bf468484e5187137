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

  // A version on a card: its price, stock, picture and link take the place of the card's.
  document.addEventListener('click', (event) => {
    const button = event.target.closest?.('button[data-version]');
    if (!button) return;
    const card = button.closest('.ai-card');
    const {version, price, stock, stockClass, image} = button.dataset;
    for (const other of card.querySelectorAll('button[data-version]')) {
      other.setAttribute('aria-pressed', String(other === button));
    }
    card.querySelector('.ai-link').href = version;
    if (price) {
      card.querySelector('.ai-price b').textContent = price;
      card.querySelectorAll('.ai-price s, .ai-price em').forEach((old) => old.remove());
    }
    const shown = card.querySelector('.ai-stock');
    if (shown) { shown.textContent = stock; shown.className = `ai-stock ${stockClass}`; }
    const picture = card.querySelector('.ai-pic img');
    if (picture && image) { picture.classList.remove('broken'); picture.src = image; }
  });

  // A guide opens over the page, so that the products stay; without its text, its own page does.
  const drawGuide = (guide, label, close) => {
    const add = (parent, tag, className, text) => {
      const element = parent.appendChild(document.createElement(tag));
      element.className = className;
      element.textContent = text;
      return element;
    };
    const dialog = add(document.body, 'dialog', 'ai-dialog', '');
    dialog.lang = guide.language === 'zh' ? 'zh-CN' : guide.language;
    dialog.setAttribute('aria-label', guide.title);
    const cross = add(dialog, 'button', 'ai-close', '×');
    cross.type = 'button';
    cross.setAttribute('aria-label', close);
    const article = add(dialog, 'article', '', '');
    add(article, 'small', 'ai-guide-label', label);
    add(article, 'h2', '', guide.title);
    add(article, 'p', 'ai-guide-text', guide.text);
    dialog.addEventListener('click', (event) => {
      if (event.target === dialog || event.target === cross) dialog.close();
    });
    dialog.addEventListener('close', () => dialog.remove());
    dialog.showModal();
  };
  document.addEventListener('click', async (event) => {
    const link = event.target.closest?.('a[data-guide]');
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
    event.preventDefault();
    const {guide: address, label, close} = link.dataset;
    const guide = await fetch(address).then((answer) => (answer.ok ? answer.json() : null)).catch(() => null);
    if (guide) drawGuide(guide, label, close);
    else location.href = link.href;
  });

  // Facets stay open or closed as the shopper left them, though every tap draws them anew; on
  // a narrow page the whole box begins closed.
  const kept = new Map();
  document.addEventListener('toggle', (event) => {
    const key = event.target.dataset?.keep;
    if (key && event.target.dataset.drawn) kept.set(key, event.target.open);
  }, true);
  const keep = () => {
    for (const box of document.querySelectorAll('details[data-keep]:not([data-drawn])')) {
      const narrow = box.dataset.keep === 'side' && matchMedia('(max-width: 860px)').matches;
      box.open = kept.get(box.dataset.keep) ?? (narrow ? false : box.open);
      requestAnimationFrame(() => { box.dataset.drawn = '1'; });
    }
  };
  new MutationObserver(keep).observe(document.documentElement, {childList: true, subtree: true});
})();
