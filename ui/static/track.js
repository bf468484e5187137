/* Logs what a shopper sees and does on these pages, once they agreed.
 *
 * Cards stand in a list, <… data-list="id" data-surface="search" data-model="…" data-query="…">;
 * a card is .ai-card[data-id]. Seen are cards of which half was on the screen. Without consent
 * nothing is stored in the browser and nothing is sent. Other scripts use window.AisleTrack:
 * consent(true|false), log(action, fields), watch(element, fields), headers(), identify(token).
 */
(() => {
  'use strict';
  if (window.AisleTrack) return;

  const script = document.currentScript;
  const server = new URL('..', script.src).href.replace(/\/$/, '');
  const own = new URL(server).origin === location.origin;
  const SESSION_S = 1800; // a pause of half an hour ends a session, as web analytics has it
  const YEAR_S = 31536000;
  const GATHER_MS = 700; // impressions travel together; what a shopper does is sent at once
  const MOST = 200;

  const read = (name) => document.cookie.split('; ').find((c) => c.startsWith(`${name}=`))?.slice(name.length + 1) || '';
  const write = (name, value, seconds) => {
    const secure = location.protocol === 'https:' ? '; Secure' : '';
    document.cookie = `${name}=${value}; Path=/; Max-Age=${seconds}; SameSite=Lax${secure}`;
  };
  const fresh = () => Array.from(crypto.getRandomValues(new Uint8Array(16)), (b) => b.toString(16).padStart(2, '0')).join('');

  let agreed = read('aisle_consent') === 'granted';
  const visitor = () => {
    const client = read('aisle_client') || fresh();
    const session = read('aisle_session') || fresh();
    write('aisle_client', client, YEAR_S);
    write('aisle_session', session, SESSION_S);
    return {client_id: client, session_id: session};
  };
  const headers = () => {
    if (!agreed) return {};
    const {client_id: client, session_id: session} = visitor();
    return own ? {} : {'X-Aisle-Client': client, 'X-Aisle-Session': session};
  };
  let token = ''; // who is signed in, as the shop signed it: see identify()
  const post = (path, body) => fetch(server + path, {
    method: 'POST', keepalive: true, body: JSON.stringify(body),
    headers: {'Content-Type': 'application/json', ...(token ? {Authorization: `Bearer ${token}`} : {})},
  });

  // ------------------------------------------------------------ sending

  let queue = [];
  let timer = 0;
  const flush = () => {
    clearTimeout(timer);
    timer = 0;
    while (queue.length) {
      const batch = queue.splice(0, MOST);
      // Event ids make a second attempt harmless; after that the shopper's line is not worth more.
      post('/v1/events', {events: batch, consent: true})
        .then((response) => {
          if (response.status === 401) token = ''; // it has expired: the acts are the browser's own
          if (response.status === 401 || response.status >= 500) throw new Error(response.statusText);
        })
        .catch(() => setTimeout(() => post('/v1/events', {events: batch, consent: true}).catch(() => {}), 3000));
    }
  };
  const log = (action, fields = {}, soon = true) => {
    if (!agreed) return;
    queue.push({event_id: fresh(), action_name: action, timestamp: new Date().toISOString(),
      language: /^zh/i.test(document.documentElement.lang) ? 'zh' : 'en', ...visitor(), ...fields});
    if (soon) flush();
    else timer = timer || setTimeout(flush, GATHER_MS);
  };
  addEventListener('pagehide', flush);
  document.addEventListener('visibilitychange', () => { if (document.hidden) flush(); });

  // ------------------------------------------------------------ what is seen

  const parse = (json) => { try { return JSON.parse(json || '{}'); } catch { return {}; } };
  /** The experiments that could act on a list (experiment: arm). */
  const arms = (list) => {
    const experiments = parse(list.dataset.experiments);
    return Object.keys(experiments).length ? {experiments} : {};
  };
  const told = new WeakMap(); // elements of other scripts, and what to log of them
  const place = (card) => {
    if (told.has(card)) return told.get(card);
    const list = card.closest('[data-list]');
    if (!list) return {object_id: card.dataset.id};
    const cards = [...list.querySelectorAll('.ai-card[data-id]:not([data-placement])')];
    const {list: id, surface = '', model = '', query = ''} = list.dataset;
    const team = parse(list.dataset.teams)[cards.indexOf(card)];
    // An advertisement goes by its offer; places are counted among what was found.
    const {campaign, placement} = card.dataset;
    const {type} = card.dataset; // what it is where it is no product: "guide"
    const own = placement ? {detail: {campaign_id: campaign, placement}}
      : {ordinal: cards.indexOf(card) + 1, ...(team ? {detail: {team}} : type ? {detail: {object_type: type}} : {})};
    return {object_id: card.dataset.id, query_id: id, surface, model_version: model,
      ...own, ...(query ? {user_query: query} : {}), ...arms(list),
      ...(card.dataset.propensity ? {propensity: Number(card.dataset.propensity)} : {})};
  };
  const seen = new Set();
  const eyes = new IntersectionObserver((entries) => {
    if (!agreed) return;
    for (const {isIntersecting, target} of entries) {
      const at = isIntersecting && place(target);
      const key = at && `${at.query_id} ${at.object_id}`;
      if (!at || !at.query_id || seen.has(key)) continue;
      seen.add(key);
      eyes.unobserve(target);
      log('impression', {propensity: 1, ...at}, false);
    }
  }, {threshold: 0.5});
  /** A card that another script drew, in a shadow tree perhaps. */
  const watch = (element, fields) => {
    told.set(element, fields);
    eyes.observe(element);
    for (const kind of ['click', 'auxclick']) element.addEventListener(kind, () => log('click', fields));
  };
  const look = () => {
    for (const list of document.querySelectorAll('[data-list]:not([data-logged])')) {
      list.dataset.logged = '1';
      const {list: id, surface = '', query = '', results, elapsed, relaxed} = list.dataset;
      const detail = {...(results ? {results: Number(results)} : {}), ...(elapsed ? {elapsed_ms: Number(elapsed)} : {}),
        ...(relaxed ? {relaxed: true} : {})};
      if (query && surface === 'search') log('search', {query_id: id, surface, user_query: query, ...arms(list), detail}, false);
    }
    for (const card of document.querySelectorAll('[data-list] .ai-card[data-id]:not([data-watched])')) {
      card.dataset.watched = '1';
      eyes.observe(card);
    }
  };
  const again = () => {
    // What was on the page before the shopper agreed counts from now on.
    for (const each of document.querySelectorAll('[data-logged]')) delete each.dataset.logged;
    for (const card of document.querySelectorAll('[data-watched]')) { delete card.dataset.watched; eyes.unobserve(card); }
    look();
    view();
  };
  const view = () => {
    const product = document.querySelector('[data-product]');
    if (product) log('detail_view', {object_id: product.dataset.product, surface: 'product'});
  };

  // ------------------------------------------------------------ what is done

  const act = (event) => {
    const hit = event.target.closest?.('[data-cart], [data-dismiss], .ai-card .ai-link, [data-drop]');
    if (!hit) return;
    const card = hit.closest('.ai-card[data-id]');
    if (hit.dataset.cart) {
      log('add_to_cart', {object_id: hit.dataset.cart, surface: 'product'});
      hit.textContent = hit.dataset.done || hit.textContent;
      hit.disabled = true;
    } else if (hit.dataset.dismiss && card) {
      event.preventDefault();
      log('dismiss', place(card));
      (card.closest('[role=listitem]') || card).remove();
    } else if (hit.dataset.drop) {
      const list = document.querySelector('[data-list]')?.dataset.list;
      log('correction', {...(list ? {query_id: list} : {}), detail: {dropped: hit.dataset.drop}});
    } else if (card) log('click', place(card));
  };
  document.addEventListener('click', act, true);
  document.addEventListener('auxclick', act, true);

  // ------------------------------------------------------------ consent

  const consent = async (yes) => {
    document.getElementById('ai-consent')?.remove();
    write('aisle_consent', yes ? 'granted' : 'denied', YEAR_S);
    const known = yes ? visitor() : {client_id: read('aisle_client')};
    agreed = yes;
    if (known.client_id) await post('/v1/consent', {client_id: known.client_id, choice: yes ? 'granted' : 'denied'}).catch(() => {});
    if (yes) again();
    else for (const name of ['aisle_client', 'aisle_session']) write(name, '', 0);
  };
  const ask = () => {
    const chinese = /^zh/i.test(document.documentElement.lang);
    const bar = document.createElement('div');
    bar.id = 'ai-consent';
    bar.setAttribute('role', 'region');
    bar.setAttribute('aria-label', chinese ? '个性化' : 'Suggestions');
    const line = document.createElement('p');
    line.textContent = chinese ? '可以记住您看过的商品，以便推荐得更好吗？' : 'May we remember what you look at here, to suggest better?';
    bar.append(line);
    for (const [yes, text] of [[true, chinese ? '可以' : 'Yes'], [false, chinese ? '不用' : 'No']]) {
      const button = document.createElement('button');
      button.type = 'button';
      button.textContent = text;
      button.addEventListener('click', () => consent(yes));
      bar.append(button);
    }
    document.body.append(bar);
  };

  /** Acts are the signed-in shopper's from now on. Signing out makes the browser a new one. */
  const identify = (signed) => {
    flush();
    const out = token && !signed;
    token = signed || '';
    if (out && agreed) for (const name of ['aisle_client', 'aisle_session']) write(name, '', 0);
  };

  window.AisleTrack = {log, watch, consent, headers, identify, get agreed() { return agreed; }};
  const start = async () => {
    if (own && !read('aisle_consent')) {
      const {mode} = await fetch(`${server}/v1/consent`).then((r) => r.json()).catch(() => ({mode: 'off'}));
      if (mode === 'on') agreed = true;
      if (mode === 'ask') ask();
    }
    look();
    view();
    new MutationObserver(look).observe(document.documentElement, {childList: true, subtree: true});
  };
  start();
})();
