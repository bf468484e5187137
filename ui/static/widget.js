/* Aisle's chat widget: one script tag on any page of a shop.
 *
 *   <script src="https://assistant.example/aisle/widget.js" defer
 *           data-title="Ask us" data-language="zh" data-accent="#0f6b5c"></script>
 *
 * All attributes are optional: data-server (where Aisle runs; default: where this script comes
 * from), data-title, data-language (en or zh; default: the browser's), data-accent (a CSS
 * colour), data-product-link (a link template with {id}; default: the product's own url).
 * data-shopper-token (who is signed in, see docs/store-backend.md).
 * window.Aisle offers open(), close(), ask(text), signIn(token) and signOut() to the page, and
 * consent(true|false): only after consent(true), or where Aisle's own page was told so, is
 * anything logged or remembered.
 * No dependencies, no cookies without consent; every text goes in as text, never as markup.
 */
(() => {
  'use strict';
  if (window.Aisle) return;

  const script = document.currentScript;
  const options = script ? script.dataset : {};
  const server = (options.server || new URL('..', script.src).href).replace(/\/$/, '');
  const chinese = /^zh/i.test(options.language || navigator.language || 'en');
  const language = chinese ? 'zh' : 'en';
  const storage = `aisle:${server}`;
  const SILENCE_MS = 45000; // the server sends a heartbeat every 10 s: four missed are a dead line
  const KEPT_TURNS = 8; // enough to go on after a page change, small enough for any storage

  const words = chinese ? {
    title: '购物助手', open: '打开购物助手', close: '关闭', fresh: '新对话', send: '发送',
    placeholder: '想买什么？直接说……', hello: '您好！告诉我用途、在意的地方和预算，我来帮您挑。',
    working: '正在查找……', writing: '正在回答……', found: (n, m) => (n > m ? `${n.toLocaleString('en')} 件中最合适的 ${m} 件` : `找到 ${n} 件`),
    nothing: '没有符合的商品，请减少条件再试。', stock: '有货', few: (n) => `仅剩 ${n} 件`,
    out: '缺货', sponsored: '赞助', noPrice: '价格请咨询', retry: '重试', stars: (r) => `${r} 分，满分 5 分`,
    lost: '连接中断了。', lostMore: '已显示的内容仍然有效，请重试。', down: '暂时无法连接购物助手。',
    downMore: '请检查网络后重试。', source: '查看依据',
  } : {
    title: 'Store assistant', open: 'Open the store assistant', close: 'Close', fresh: 'New chat',
    send: 'Send', placeholder: 'Ask for anything in the store …',
    hello: 'Hello! Tell me what it is for, what matters and what it may cost, and I will look.',
    working: 'Looking …', writing: 'Writing …', found: (n, m) => (n > m ? `The best ${m} of ${n.toLocaleString('en')}` : `${n} found`),
    nothing: 'Nothing matches. Try fewer conditions.', stock: 'In stock', few: (n) => `Only ${n} left`,
    out: 'Sold out', sponsored: 'Sponsored', noPrice: 'Price on request', retry: 'Try again',
    stars: (r) => `${r} of 5`, lost: 'The connection was lost.',
    lostMore: 'What is shown still holds; try again.', down: 'The assistant cannot be reached.',
    downMore: 'Check the connection and try again.', source: 'Show the evidence',
  };

  // ------------------------------------------------------------ small helpers

  /** An element with properties, attributes (names with a dash, role) and children. */
  const make = (tag, properties = {}, ...children) => {
    const element = document.createElement(tag);
    for (const [name, value] of Object.entries(properties)) {
      if (/-|^role$|^for$/.test(name)) element.setAttribute(name, value);
      else element[name] = value;
    }
    element.append(...children.filter((child) => child != null && child !== ''));
    return element;
  };

  const webUrl = (url) => (/^https?:\/\//i.test(url || '') ? url : '');
  const pictureUrl = (url) => webUrl(url) || (/^media\//.test(url || '') ? `${server}/${url}` : '');
  const productUrl = (product) => {
    const id = encodeURIComponent(product.id);
    if (options.productLink) return options.productLink.replace('{id}', id);
    return webUrl(product.url) || `${server}/shop/products/${id}?lang=${language}`;
  };

  const money = (amount, currency) => {
    const value = Number(amount);
    const digits = Number.isInteger(value) ? {maximumFractionDigits: 0} : {};
    try {
      const text = new Intl.NumberFormat(chinese ? 'zh-CN' : 'en-US', {
        style: 'currency', currency, currencyDisplay: chinese ? 'name' : 'symbol', ...digits,
      }).format(value);
      return chinese && currency === 'CNY' ? text.replace('人民币', '元') : text;
    } catch {
      return `${currency} ${amount}`;
    }
  };

  const recall = () => {
    try { return JSON.parse(sessionStorage.getItem(storage)) || {}; } catch { return {}; }
  };
  const memory = {turns: [], ...recall()};
  const remember = () => {
    memory.turns = memory.turns.slice(-KEPT_TURNS);
    try { sessionStorage.setItem(storage, JSON.stringify(memory)); } catch { /* full or forbidden */ }
  };

  const credentials = () => (memory.token ? {Authorization: `Bearer ${memory.token}`} : {});
  let panels = null; // cart and account, once their module is there

  // ------------------------------------------------------------ the wire

  /** Events of a server-sent stream (WHATWG HTML 9.2), as objects, until it ends. */
  async function* readEvents(body, alive) {
    const reader = body.pipeThrough(new TextDecoderStream()).getReader();
    let buffer = '';
    try {
      for (;;) {
        const {value, done} = await reader.read();
        if (done) return;
        alive();
        buffer += value.replace(/\r\n?/g, '\n');
        let end;
        while ((end = buffer.indexOf('\n\n')) >= 0) {
          const lines = buffer.slice(0, end).split('\n');
          buffer = buffer.slice(end + 2);
          const data = lines.filter((line) => line.startsWith('data:')).map((line) => line.slice(5));
          if (data.length) yield JSON.parse(data.join('\n'));
        }
      }
    } finally {
      reader.cancel().catch(() => {});
    }
  }

  /** One line for a response that is not a stream: {error, remedy}, or its status. */
  async function explain(response) {
    const problem = await response.json().catch(() => ({}));
    return {message: problem.error || `${words.down} (${response.status})`,
            remedy: problem.error ? problem.remedy : words.downMore};
  }

  /** Sends a message; calls `take` with each event. Ends with a done or error event. */
  async function converse(message, take, controller) {
    let timer;
    const alive = () => {
      clearTimeout(timer);
      timer = setTimeout(() => controller.abort('silence'), SILENCE_MS);
    };
    alive();
    let started = false;
    try {
      const response = await fetch(`${server}/v1/chat`, {
        method: 'POST',
        headers: {'Content-Type': 'application/json', ...credentials(), ...window.AisleTrack?.headers()},
        body: JSON.stringify({
          message, language, ...(memory.conversation ? {conversation_id: memory.conversation} : {}),
        }),
        signal: controller.signal,
      });
      if (!response.ok || !response.body) {
        take({type: 'error', retry: response.status >= 500, ...(await explain(response))});
        return;
      }
      started = true;
      memory.conversation = response.headers.get('X-Conversation-Id') || memory.conversation;
      let ended = false;
      for await (const event of readEvents(response.body, alive)) {
        ended = ended || event.type === 'done' || event.type === 'error';
        take(event.type === 'error' ? {...event, retry: true} : event);
      }
      if (!ended) throw new TypeError('the stream ended early');
    } catch {
      if (controller.signal.aborted && controller.signal.reason !== 'silence') return;
      take({type: 'error', retry: true, message: started ? words.lost : words.down,
            remedy: started ? words.lostMore : words.downMore});
    } finally {
      clearTimeout(timer);
    }
  }

  // ------------------------------------------------------------ drawing

  const waitingForPanels = [];

  const stockLine = (stock) => {
    if (stock == null) return null;
    if (stock <= 0) return make('span', {className: 'out'}, words.out);
    return stock <= 5 ? make('span', {className: 'few'}, words.few(stock))
      : make('span', {className: 'in'}, words.stock);
  };

  function drawPicture(product, title) {
    const url = pictureUrl(product.image_url);
    const holder = make('span', {className: 'pic'}, [...(product.brand || title)][0] || '');
    if (url) {
      const image = make('img', {alt: '', loading: 'lazy', referrerPolicy: 'no-referrer', src: url});
      image.addEventListener('error', () => image.remove());
      holder.append(image);
    }
    return holder;
  }

  function drawPrice(product) {
    if (product.price == null) return make('span', {className: 'price'}, words.noPrice);
    const before = Number(product.list_price) > Number(product.price);
    return make('span', {className: 'price'},
      make('b', {}, money(product.price, product.currency)),
      before ? make('s', {}, money(product.list_price, product.currency)) : null);
  }

  function drawCard(shown, spoken, listId, experiments, model) {
    const product = shown.hit.product;
    const title = product.translations?.[spoken]?.title || product.title;
    const rating = product.rating == null ? null
      : make('span', {className: 'rating', title: words.stars(Number(product.rating)), role: 'img',
          'aria-label': words.stars(Number(product.rating))}, `★ ${Number(product.rating)}`);
    const card = make('a', {className: 'card', href: productUrl(product)},
      drawPicture(product, title),
      shown.position ? make('span', {className: 'number', 'aria-hidden': 'true'}, String(shown.position)) : null,
      shown.sponsored ? make('span', {className: 'sponsored'}, words.sponsored) : null,
      make('span', {className: 'name'}, title), drawPrice(product),
      make('span', {className: 'meta'}, ...[rating, stockLine(product.stock)].filter(Boolean)),
      ...(shown.reasons || []).slice(0, 2).map((why) => make('span', {className: 'why'}, why)));
    if (new URL(card.href, location.href).origin !== location.origin) {
      card.target = '_blank';
      card.rel = 'noopener noreferrer';
    }
    if (listId) {
      const ad = shown.hit.sponsored;
      window.AisleTrack?.watch(card, {object_id: product.id, query_id: listId, surface: 'chat', experiments: experiments || {},
        model_version: model || '', propensity: shown.hit.propensity ?? 1,
        ...(shown.position ? {ordinal: shown.position} : {}),
        ...(ad ? {detail: {campaign_id: ad.campaign_id, placement: ad.token}} : {})});
    }
    const holder = make('li', {}, card);
    const addBuy = () => { const button = panels?.buyButton(product); if (button) holder.append(button); };
    if (panels) addBuy(); else waitingForPanels.push(addBuy);
    return holder;
  }

  function drawTable({product_ids: ids, names, rows}) {
    const head = make('tr', {}, make('td'), ...names.map((name) => make('th', {scope: 'col'}, name)));
    const body = rows.map((row) => make('tr', {}, make('th', {scope: 'row'}, row.label),
      ...row.values.map((value, index) =>
        make('td', {className: row.best.includes(ids[index]) ? 'best' : ''}, value))));
    return make('div', {className: 'table', tabIndex: 0},
      make('table', {}, make('thead', {}, head), make('tbody', {}, ...body)));
  }

  /** One turn in the log; `take` draws an event, whether it comes from the wire or memory. */
  class TurnView {
    constructor(message, again) {
      this.message = message;
      this.again = again;
      this.known = {}; // products by id: what sentences are about
      this.cards = make('div');
      this.aside = make('div'); // a guide perhaps
      this.text = make('div', {className: 'text'});
      this.tail = make('div');
      this.root = make('section', {className: 'turn'},
        make('p', {className: 'said'}, message), this.cards, this.aside, this.text, this.tail);
      this.wait(words.working);
    }

    wait(line) {
      this.waiting?.remove();
      this.waiting = null;
      if (!line) return;
      this.waiting = make('p', {className: 'waiting', role: 'status'},
        make('i'), make('i'), make('i'), line);
      this.root.append(this.waiting);
    }

    take(event) {
      const draw = {products: this.products, text: this.sentence, comparison: this.comparison,
                    question: this.question, cart: this.cart, handoff: this.handoff,
                    bundle: this.bundle, preferences: this.preferences, guide: this.guide, error: this.error, done: this.done}[event.type];
      draw?.call(this, event);
    }

    products(event) {
      const spoken = event.understanding.language;
      const asked = ['search', 'refine'].includes(event.understanding.act);
      this.wait(words.writing);
      if (!event.products.length) {
        this.cards.replaceChildren(asked ? make('p', {className: 'note'}, words.nothing) : '');
        return;
      }
      for (const shown of event.products) this.know(shown.hit.product);
      const list = event.products.map((shown) => drawCard(shown, spoken, event.list_id, event.experiments, event.model_version));
      const head = asked ? make('p', {className: 'note'}, words.found(event.total, event.products.filter((shown) => !shown.sponsored).length)) : '';
      this.cards.replaceChildren(head, make('ul', {className: 'cards', tabIndex: 0}, ...list));
    }

    know(product) { this.known[product.id] = product; }

    sentence(event) {
      const {text, evidence = []} = event.sentence;
      const line = make('p', {}, text);
      this.text.append(line);
      if (!evidence.length) return;
      const tap = make('button', {type: 'button', className: 'source', 'aria-label': words.source, 'aria-expanded': 'false', onclick: () => {
        const open = line.querySelector('.shown-source');
        tap.setAttribute('aria-expanded', String(!open));
        if (open) open.remove(); else line.append(panels.evidence(event.sentence, this.known));
      }}, '✓');
      line.append('\u00a0', tap);
    }

    comparison(event) { this.text.append(drawTable(event.comparison)); }

    question(event) {
      this.tail.append(make('p', {}, event.text), make('div', {className: 'options'},
        ...event.options.map((option) => make('button',
          {type: 'button', className: 'option', onclick: () => this.again(option)}, option))));
    }

    bundle(event) {
      this.wait('');
      for (const item of event.bundle.items) for (const shown of item.products) this.know(shown.hit.product);
      this.cards.replaceChildren(...event.bundle.items.flatMap((item) => [
        make('p', {className: 'group'}, item.quantity > 1 ? `${item.name} × ${item.quantity}` : item.name),
        make('ul', {className: 'cards', tabIndex: 0}, ...item.products.map((shown) => drawCard(shown, event.language, event.list_id)))]));
    }

    preferences(event) {
      const draw = () => this.cards.after(panels.keptLine(event.preferences));
      if (panels) draw(); else waitingForPanels.push(draw);
    }

    guide(event) {
      const draw = () => this.aside.replaceChildren(panels.guideCard(event.guide));
      if (panels) draw(); else waitingForPanels.push(draw);
    }

    handoff(event) {
      if (event.state === 'held') this.wait('');
      panels?.watchHandoff(event);
    }

    cart(event) { if (!event.old) panels?.count(event.cart); }

    error(event) {
      this.wait('');
      const line = make('p', {className: 'error', role: 'alert'},
        make('b', {}, event.message), ` ${event.remedy || ''} `);
      if (event.retry) {
        line.append(make('button', {type: 'button', className: 'retry',
          onclick: () => { line.remove(); this.again(this.message, this); }}, words.retry));
      }
      this.tail.append(line);
    }

    done() { this.wait(''); }
  }

  // ------------------------------------------------------------ the panel

  const STYLE = `
    :host { all: initial; --accent: #0f6b5c; --ink: #1d1f23; --soft: #5d636b; --line: #e6e4de; --wash: #f4f2ed;
      font: 15px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "PingFang SC", "Hiragino Sans GB",
        "Microsoft YaHei", "Noto Sans CJK SC", "Noto Sans SC", sans-serif; color: var(--ink); }
    * { box-sizing: border-box; font: inherit; }
    [hidden] { display: none !important; }
    button { cursor: pointer; color: inherit; background: none; border: 0; padding: 0; }
    :focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; }
    p { margin: 0; overflow-wrap: anywhere; }
    .launch { position: fixed; right: 22px; bottom: 22px; z-index: 2147483000; display: flex; align-items: center; gap: 9px;
      height: 52px; padding: 0 20px 0 16px; border-radius: 26px; background: var(--accent); color: #fff; font-weight: 550;
      box-shadow: 0 6px 24px rgb(0 0 0 / 20%); transition: transform .15s; }
    .launch:hover { transform: translateY(-1px); }
    .launch:focus-visible { outline-offset: 3px; }
    .panel { position: fixed; right: 22px; bottom: 22px; z-index: 2147483000; display: flex; flex-direction: column;
      width: 408px; height: min(680px, calc(100dvh - 44px)); overflow: hidden; background: #fff; border-radius: 18px;
      border: 1px solid var(--line); box-shadow: 0 16px 56px rgb(30 28 20 / 22%); }
    header { display: flex; align-items: center; gap: 4px; padding: 12px 10px 12px 18px; border-bottom: 1px solid var(--line); }
    header h2 { margin: 0; flex: 1; font-size: 16px; font-weight: 650; min-width: 0; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
    header button { height: 34px; padding: 0 10px; border-radius: 9px; color: var(--soft); font-size: 13.5px; }
    header button:hover { background: var(--wash); color: var(--ink); }
    .tools { display: flex; gap: 2px; }
    header .close { width: 34px; padding: 0; font-size: 21px; line-height: 1; }
    .log { flex: 1; overflow-y: auto; overscroll-behavior: contain; padding: 16px 18px 20px; }
    .hello { color: var(--soft); }
    .turn { margin: 0 0 26px; }
    .said { width: fit-content; max-width: 84%; margin: 0 0 12px auto; padding: 8px 14px; border-radius: 16px 16px 4px 16px;
      background: var(--accent); color: #fff; white-space: pre-wrap; }
    .note { color: var(--soft); font-size: 13px; margin: 0 0 8px; }
    .cards { display: flex; gap: 10px; margin: 0 -18px 12px; padding: 2px 18px 6px; list-style: none; overflow-x: auto;
      scroll-snap-type: x proximity; scroll-padding: 0 18px; scrollbar-width: thin; scrollbar-color: #d8d5cc transparent; }
    .cards li { flex: 0 0 158px; display: flex; flex-direction: column; scroll-snap-align: start; }
    .card { position: relative; display: flex; flex-direction: column; gap: 2px; width: 100%; flex: 1; padding: 0 11px 11px; overflow: hidden;
      border: 1px solid var(--line); border-radius: 13px; color: var(--ink); text-decoration: none; font-size: 13px; line-height: 1.38; }
    .card:hover { border-color: #c8c5bb; }
    .card:focus-visible { outline-offset: -2px; }
    .pic { position: relative; display: grid; place-items: center; aspect-ratio: 1; margin: 0 -11px 8px; background: var(--wash);
      color: #c4c0b4; font-size: 28px; font-weight: 600; }
    .pic img { position: absolute; inset: 0; width: 100%; height: 100%; object-fit: contain; background: #fff; }
    .number { position: absolute; top: 7px; left: 7px; min-width: 19px; padding: 0 5px; border-radius: 10px; background: var(--ink);
      color: #fff; font-size: 11px; line-height: 19px; font-weight: 600; text-align: center; }
    .sponsored { align-self: start; border: 1px solid var(--line); border-radius: 5px; padding: 0 5px; font-size: 11px; color: var(--soft); }
    .name { font-weight: 500; overflow: hidden; display: -webkit-box; -webkit-box-orient: vertical; -webkit-line-clamp: 2; overflow-wrap: anywhere; }
    .price b { font-size: 15px; font-weight: 650; }
    .price s { margin-inline-start: 5px; color: #8b9097; font-size: 12px; }
    .meta { display: flex; flex-wrap: wrap; gap: 0 8px; font-size: 12px; }
    .rating { color: #8a5c00; } .in { color: #0f6b5c; } .few { color: #9a6200; } .out { color: #b3372f; }
    .why { color: var(--soft); font-size: 12px; padding-inline-start: 9px; text-indent: -9px; }
    .why::before { content: "• "; color: var(--accent); }
    .text p { margin: 0 0 7px; line-height: 1.58; }
    .source { width: 18px; height: 18px; border-radius: 9px; background: var(--wash); color: var(--accent); font-size: 11px; line-height: 18px; }
    .shown-source { display: block; margin: 4px 0 2px; padding: 6px 10px; border-radius: 8px; background: var(--wash); color: var(--soft); font-size: 12.5px; }
    .group { margin: 4px 0 6px; font-size: 13.5px; font-weight: 600; }
    .options { display: flex; flex-wrap: wrap; gap: 8px; margin: 9px 0 0; }
    .option { padding: 7px 14px; border-radius: 99px; border: 1px solid color-mix(in srgb, var(--accent) 35%, #fff); color: var(--accent); font-size: 14px; text-align: start; }
    .option:hover { background: color-mix(in srgb, var(--accent) 9%, #fff); }
    .table { overflow-x: auto; margin: 4px 0 10px; border: 1px solid var(--line); border-radius: 10px; }
    table { border-collapse: collapse; font-size: 13px; width: 100%; }
    th, td { padding: 7px 10px; text-align: start; vertical-align: top; border-top: 1px solid var(--wash); }
    thead th { border-top: 0; background: var(--wash); font-weight: 600; min-width: 96px; }
    .best { font-weight: 600; color: var(--accent); } thead td { background: var(--wash); border: 0; }
    tbody th { color: var(--soft); white-space: nowrap; }
    .error { margin: 8px 0 0; padding: 9px 12px; border-radius: 10px; background: #fbecea; color: #74231d; font-size: 14px; }
    .error b { font-weight: 600; }
    .retry { text-decoration: underline; font-weight: 600; }
    .waiting { display: flex; align-items: center; gap: 4px; color: var(--soft); font-size: 13px; margin: 6px 0 0; }
    .waiting i { width: 6px; height: 6px; border-radius: 50%; background: var(--accent); animation: beat 1.2s infinite; }
    .waiting i:nth-child(2) { animation-delay: .15s; } .waiting i:nth-child(3) { animation-delay: .3s; margin-inline-end: 5px; }
    @keyframes beat { 0%, 60%, 100% { opacity: .25; } 30% { opacity: 1; } }
    form { display: flex; align-items: flex-end; gap: 8px; padding: 10px 12px 12px; border-top: 1px solid var(--line); }
    textarea { flex: 1; min-width: 0; resize: none; field-sizing: content; min-height: 44px; max-height: 128px; padding: 10px 13px; font-size: 16px; line-height: 1.4;
      border: 1px solid #d6d3ca; border-radius: 12px; background: #fff; color: var(--ink); }
    textarea::placeholder { color: #8b9097; }
    textarea:focus { outline: 2px solid var(--accent); outline-offset: -1px; }
    .send { height: 44px; padding: 0 17px; border-radius: 12px; background: var(--accent); color: #fff; font-weight: 550; }
    @media (max-width: 560px) {
      .panel { inset: 0; width: 100%; height: 100dvh; border: 0; border-radius: 0; }
      .launch { right: 16px; bottom: 16px; }
    }
    @media (prefers-reduced-motion: reduce) { * { animation: none !important; transition: none !important; } }`;

  const host = make('div', {id: 'aisle-widget', lang: chinese ? 'zh-CN' : 'en'});
  const shadow = host.attachShadow({mode: 'open'});
  const title = options.title || words.title;
  const log = make('div', {className: 'log', role: 'log', 'aria-live': 'polite', tabIndex: 0, 'aria-label': title});
  const box = make('textarea', {rows: 1, maxLength: 2000, placeholder: words.placeholder,
    enterKeyHint: 'send', 'aria-label': words.placeholder});
  const form = make('form', {}, box, make('button', {type: 'submit', className: 'send'}, words.send));
  const launch = make('button', {type: 'button', className: 'launch', 'aria-haspopup': 'dialog',
    'aria-expanded': 'false', 'aria-label': words.open}, make('span', {'aria-hidden': 'true'}, '✦'), title);
  const tools = make('span', {className: 'tools'});
  const panel = make('div', {className: 'panel', hidden: true, role: 'dialog', 'aria-label': title},
    make('header', {}, make('h2', {}, title), tools,
      make('button', {type: 'button', className: 'fresh', onclick: () => startAfresh()}, words.fresh),
      make('button', {type: 'button', className: 'close', 'aria-label': words.close,
        onclick: () => close()}, '×')),
    log, form);
  shadow.append(make('style', {}, STYLE), launch, panel);
  if (options.accent) panel.style.setProperty('--accent', options.accent);
  if (options.accent) launch.style.setProperty('--accent', options.accent);

  let running = null;

  const nearEnd = () => log.scrollHeight - log.scrollTop - log.clientHeight < 90;
  const toEnd = () => { log.scrollTop = log.scrollHeight; };
  const greet = () => log.replaceChildren(make('p', {className: 'hello'}, words.hello));

  async function say(message, former = null) {
    const text = message.trim();
    if (!text) return;
    running?.abort('replaced');
    const controller = running = new AbortController();
    const view = former || new TurnView(text, say);
    if (former) view.wait(words.working);
    else log.append(view.root);
    log.querySelector('.hello')?.remove();
    const turn = {message: text, events: []};
    memory.turns = former ? memory.turns.filter((old) => old.message !== text) : memory.turns;
    memory.turns.push(turn);
    if (former) { view.text.replaceChildren(); view.tail.replaceChildren(); }
    toEnd();
    await converse(text, (event) => {
      const follow = nearEnd();
      view.take(event);
      turn.events.push(event.type === 'done' ? {type: 'done'} : event);
      remember();
      if (follow) toEnd();
    }, controller);
    view.wait('');
    if (running === controller) running = null;
  }

  function open() {
    panel.hidden = false;
    launch.hidden = true;
    launch.setAttribute('aria-expanded', 'true');
    memory.open = true;
    remember();
    box.focus({preventScroll: true});
    toEnd();
  }

  function close() {
    panel.hidden = true;
    launch.hidden = false;
    launch.setAttribute('aria-expanded', 'false');
    memory.open = false;
    remember();
    launch.focus({preventScroll: true});
  }

  function startAfresh() {
    running?.abort('replaced');
    panels?.close();
    panels?.endHandoff();
    memory.conversation = undefined;
    memory.turns = [];
    if (!memory.token) panels?.count({count: 0});
    remember();
    greet();
    box.focus();
  }

  launch.addEventListener('click', open);
  panel.addEventListener('keydown', (event) => {
    if (event.key === 'Escape' && !event.isComposing) close();
  });
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    const message = box.value;
    box.value = '';
    say(message);
  });
  box.addEventListener('keydown', (event) => {
    // While an input method composes, Enter picks a word; it does not send.
    if (event.key === 'Enter' && !event.shiftKey && !event.isComposing) {
      event.preventDefault();
      form.requestSubmit();
    }
  });

  greet();
  for (const turn of memory.turns) {
    if (turn.hand) {
      const place = make('div');
      log.append(place);
      waitingForPanels.push(() => place.replaceWith(panels.viewMessage(turn.hand)));
      continue;
    }
    const view = new TurnView(turn.message, say);
    for (const event of turn.events) view.take({...event, old: true});
    view.wait('');
    log.querySelector('.hello')?.remove();
    log.append(view.root);
  }
  const wide = window.matchMedia('(min-width: 561px)').matches;
  document.body.append(host);
  // Left open on the page before: open here too, but a phone shows the page, not the chat.
  if (memory.open && wide) {
    open();
    box.blur();
  }
  const whenReady = import(`${server}/aisle/widget-panels.js`).then((module) => {
    shadow.querySelector('style').append(module.STYLE);
    panels = module.createPanels({make, money, memory, remember, server, language, drawPicture, drawCard, panel, log, credentials, say});
    tools.append(...panels.buttons);
    for (const add of waitingForPanels.splice(0)) add();
    if (options.shopperToken && options.shopperToken !== memory.token) panels.signIn(options.shopperToken);
    return panels;
  });
  if (!window.AisleTrack) document.head.append(make('script', {src: `${server}/aisle/track.js`}));
  window.Aisle = {open, close, ask: (text) => { open(); say(String(text)); },
                  consent: (yes) => window.AisleTrack?.consent(Boolean(yes)),
                  signIn: (token) => whenReady.then((own) => own.signIn(String(token))),
                  signOut: () => whenReady.then((own) => own.signOut())};
})();
