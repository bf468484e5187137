/* What opens beside the talk in Aisle's widget: the cart and who is signed in.
 *
 * A module that widget.js loads; `kit` is what the widget lends it.
 */

const TEXTS = {
  en: {
    cart: 'Cart', cartOf: (n) => `Cart, ${n} ${n === 1 ? 'item' : 'items'}`, empty: 'Your cart is empty.', total: 'Total',
    less: 'One less', more: 'One more', remove: 'Remove', back: 'Back to the chat',
    add: 'Add to cart', added: 'In your cart', choose: 'Choose a version', account: 'Account',
    signIn: 'Sign in', signOut: 'Sign out', hello: (name) => `Signed in as ${name}`,
    demo: 'This is a demo store. Sign in as one of its shoppers to see orders:',
    fields: {price: 'Price', list_price: 'List price', rating: 'Rating', stock: 'In stock', brand: 'Brand', title: 'Title',
      description: 'Description', review: 'Review', attribute: 'Catalogue:', policy: 'Store policy:', guide: 'Buying guide:', order: 'Your order',
      return: 'Your return', cart: 'Your cart', catalogue: 'The whole catalogue record', search: 'Counted by the search', turn: 'Said by you', sponsored: 'Paid placement'},
    guide: 'Buying guide', keep: 'I keep in mind:', forget: (what) => `Forget: ${what}`, memory: 'Kept in mind', nothingKept: 'Nothing is kept in mind about you.',
    forgetAll: 'Forget everything', until: (day) => `until ${day}`, inAll: 'everywhere',
    waiting: 'A colleague has been asked to join.', held: (name) => `You are talking to ${name}.`,
    closed: 'You are talking to the assistant again.',
    signedOut: 'Sign in on the shop’s page to see your orders.', failed: 'That did not work.',
    order: 'Place the order (demo)', demoNote: 'Demo payment: nothing is charged and nothing is sent.',
    ordered: 'Your order', orderNumber: (id) => `Order ${id} is placed.`, signInToOrder: 'Sign in to order',
    orderAsk: 'Where is my order?', arrives: (day) => `Expected on ${day}.`,
  },
  zh: {
    cart: '购物车', cartOf: (n) => `购物车，${n}件`, empty: '购物车是空的。', total: '合计',
    less: '减一件', more: '加一件', remove: '移除', back: '返回对话',
    add: '加入购物车', added: '已加入', choose: '请选择款式', account: '账户',
    signIn: '登录', signOut: '退出登录', hello: (name) => `已登录：${name}`,
    demo: '这是演示商店。选择一位顾客登录即可查看订单：',
    fields: {price: '价格', list_price: '原价', rating: '评分', stock: '库存', brand: '品牌', title: '标题', description: '商品描述',
      review: '顾客评价', attribute: '商品参数：', policy: '商店政策：', guide: '选购指南：', order: '您的订单', return: '您的退货',
      cart: '您的购物车', catalogue: '商品目录', search: '搜索统计', turn: '您说过', sponsored: '付费展示'},
    guide: '选购指南', keep: '我记住了：', forget: (what) => `忘掉：${what}`, memory: '已记住的偏好', nothingKept: '没有记住关于您的任何信息。',
    forgetAll: '全部忘掉', until: (day) => `保留至${day}`, inAll: '所有商品',
    waiting: '已请同事加入。', held: (name) => `您正在与${name}对话。`, closed: '现在由智能助手继续为您服务。',
    signedOut: '请在商店页面登录后查看订单。', failed: '操作没有成功。',
    order: '提交订单（演示）', demoNote: '演示支付：不会扣款，也不会发货。',
    ordered: '您的订单', orderNumber: (id) => `订单 ${id} 已提交。`, signInToOrder: '登录后下单',
    orderAsk: '我的订单到哪了？', arrives: (day) => `预计${day}送达。`,
  },
};

export const STYLE = `
  .tool { position: relative; }
  .badge { position: absolute; top: -3px; right: -2px; min-width: 17px; height: 17px; padding: 0 4px; border-radius: 9px;
    background: var(--accent); color: #fff; font-size: 11px; line-height: 17px; text-align: center; }
  .side { position: absolute; inset: 59px 0 0 0; z-index: 2; display: flex; flex-direction: column; background: #fff; }
  .side .body { flex: 1; overflow-y: auto; padding: 14px 18px; }
  .side h3 { margin: 0 0 12px; font-size: 15px; font-weight: 650; }
  .side .back { align-self: flex-start; margin: 10px 18px 0; color: var(--accent); font-size: 13.5px; }
  .line { display: grid; grid-template-columns: 56px 1fr auto; gap: 4px 12px; padding: 12px 0; border-top: 1px solid var(--line); font-size: 13.5px; }
  .line .pic { grid-row: span 2; width: 56px; margin: 0; border-radius: 8px; overflow: hidden; }
  .line .name { -webkit-line-clamp: 2; }
  .line small { color: var(--soft); font-size: 12px; }
  .steps { display: inline-flex; align-items: center; gap: 10px; }
  .steps button { width: 28px; height: 28px; border: 1px solid var(--line); border-radius: 8px; font-size: 16px; line-height: 1; }
  .steps .gone { width: auto; padding: 0 9px; font-size: 12.5px; color: var(--soft); }
  .sum { display: flex; justify-content: space-between; padding: 14px 0 4px; border-top: 1px solid var(--line); font-weight: 650; }
  .order { width: 100%; margin: 10px 0 8px; padding: 11px; border-radius: 11px; background: var(--accent); color: #fff; font-weight: 550; }
  .order:disabled { opacity: .6; cursor: default; }
  .people { display: flex; flex-direction: column; gap: 8px; }
  .people button, .plain { padding: 9px 14px; border: 1px solid var(--line); border-radius: 10px; text-align: start; }
  .people button:hover, .plain:hover { border-color: var(--accent); }
  .buy { margin: 6px 0 0; width: 100%; padding: 6px 8px; border: 1px solid color-mix(in srgb, var(--accent) 35%, #fff); border-radius: 9px;
    color: var(--accent); font-size: 12.5px; }
  .buy:hover { background: color-mix(in srgb, var(--accent) 9%, #fff); }
  .buy:disabled { color: var(--soft); border-color: var(--line); cursor: default; }
  .versions { display: flex; flex-wrap: wrap; gap: 5px; margin: 6px 0 0; }
  .versions button { padding: 3px 8px; border: 1px solid var(--line); border-radius: 7px; font-size: 12px; }
  .versions button:disabled { color: #a3a7ad; text-decoration: line-through; cursor: default; }
  .speaker { margin: 0; padding: 7px 18px; background: #fbf3e2; color: #5c4008; font-size: 13px; border-bottom: 1px solid var(--line); }
  .hand { margin: 0 0 18px; padding: 9px 14px; border-radius: 16px 16px 16px 4px; background: #fbf3e2; white-space: pre-wrap; }
  .hand b { display: block; font-size: 12px; font-weight: 600; color: #5c4008; }
  .kept { display: flex; flex-wrap: wrap; gap: 6px; align-items: center; margin: 0 0 10px; font-size: 12.5px; color: var(--soft); }
  .kept button { padding: 3px 9px; border-radius: 99px; background: color-mix(in srgb, var(--accent) 9%, #fff); color: var(--accent); font-size: 12.5px; }
  .kept button:hover { text-decoration: line-through; }
  .kept .lost { color: var(--soft); text-decoration: line-through; }
  .taste { display: flex; gap: 12px; align-items: baseline; justify-content: space-between; padding: 10px 0; border-top: 1px solid var(--line); }
  .taste small { color: var(--soft); font-size: 12px; display: block; }
  .guide { display: block; width: 100%; margin: 0 0 12px; padding: 10px 34px 11px 14px; position: relative; border: 1px solid var(--line); border-radius: 12px;
    background: #fdfcf9; text-align: start; }
  .guide::after { content: "›"; position: absolute; right: 13px; top: 50%; transform: translateY(-54%); font-size: 21px; color: var(--accent); }
  .guide:hover { border-color: #c8c5bb; }
  .guide small, .kind { display: block; font-size: 12px; font-weight: 550; color: var(--accent); }
  .guide b { display: block; font-size: 14px; font-weight: 600; line-height: 1.4; overflow-wrap: anywhere; }
  .guide span { font-size: 13px; line-height: 1.45; color: var(--soft); overflow: hidden; display: -webkit-box; -webkit-box-orient: vertical; -webkit-line-clamp: 2; }
  .reading { line-height: 1.7; white-space: pre-line; }
  .oops { color: #b3372f; font-size: 12px; margin-top: 4px; }`;

export function createPanels(kit) {
  const {make, money, memory, remember, server, language, drawPicture} = kit;
  const words = TEXTS[language];

  async function call(method, path, body) {
    const headers = {'Content-Type': 'application/json', ...kit.credentials(), ...window.AisleTrack?.headers()};
    const response = await fetch(`${server}${path}`,
      {method, headers, body: body ? JSON.stringify(body) : undefined});
    const answer = await response.json().catch(() => ({}));
    if (response.status === 401) signOut();
    if (!response.ok) throw new Error(answer.error || words.failed);
    return answer;
  }

  // ------------------------------------------------------------ the side that opens

  let side = null;

  function close() {
    side?.remove();
    side = null;
  }

  function show(title, ...children) {
    close();
    side = make('div', {className: 'side', role: 'region', 'aria-label': title},
      make('button', {type: 'button', className: 'back', onclick: close}, `← ${words.back}`),
      make('div', {className: 'body'}, make('h3', {}, title), ...children));
    kit.panel.append(side);
    side.querySelector('.back').focus();
  }

  // ------------------------------------------------------------ the cart

  const badge = make('span', {className: 'badge', hidden: true});
  const cartButton = make('button', {type: 'button', className: 'tool cart', 'aria-label': words.cart,
    onclick: openCart}, words.cart, badge);

  function count(cart) {
    const pieces = cart.count ?? cart.lines.reduce((sum, line) => sum + line.quantity, 0);
    memory.pieces = pieces;
    badge.textContent = String(pieces);
    badge.hidden = !pieces;
    cartButton.setAttribute('aria-label', words.cartOf(pieces));
    remember();
  }

  async function openCart() {
    if (!memory.conversation) { show(words.cart, make('p', {}, words.empty)); return; }
    try {
      drawCart(await call('GET', `/v1/cart?conversation_id=${memory.conversation}&language=${language}`));
    } catch (error) {
      show(words.cart, make('p', {className: 'oops', role: 'alert'}, error.message));
    }
  }

  function drawCart(cart) {
    count(cart);
    if (!cart.lines.length) { show(words.cart, make('p', {}, words.empty)); return; }
    show(words.cart, ...cart.lines.map((line) => drawLine(line, cart)),
      make('p', {className: 'sum'}, make('span', {}, words.total), make('span', {}, money(cart.total, cart.currency))),
      ...(cart.checkout ? drawCheckout() : []));
  }

  /** The demo store's checkout; a real shop has its own. */
  function drawCheckout() {
    const oops = make('p', {className: 'oops', role: 'alert', hidden: true});
    const button = make('button', {type: 'button', className: 'order'}, memory.token ? words.order : words.signInToOrder);
    button.addEventListener('click', async () => {
      if (!memory.token) { openAccount(openCart); return; }
      button.disabled = true;
      try {
        drawOrder(await call('POST', '/v1/cart/checkout', {conversation_id: memory.conversation, language}));
      } catch (error) { oops.textContent = error.message; oops.hidden = false; button.disabled = false; }
    });
    return [button, make('p', {className: 'note demo'}, words.demoNote), oops];
  }

  function drawOrder({order, note}) {
    count({count: 0});
    const day = order.expected && new Date(`${order.expected}T12:00:00`).toLocaleDateString(language === 'zh' ? 'zh-CN' : 'en-US');
    show(words.ordered, make('p', {}, make('b', {}, words.orderNumber(order.id)), ` ${day ? words.arrives(day) : ''}`),
      make('p', {className: 'sum'}, make('span', {}, words.total), make('span', {}, money(order.total, order.currency))),
      make('p', {className: 'note demo'}, note),
      make('button', {type: 'button', className: 'plain', onclick: () => { close(); kit.say(words.orderAsk); }}, words.orderAsk));
  }

  function drawLine(line, cart) {
    const oops = make('p', {className: 'oops', role: 'alert', hidden: true});
    const change = async (quantity) => {
      try {
        drawCart(await call('PATCH', `/v1/cart/lines/${encodeURIComponent(line.id)}`,
          {conversation_id: memory.conversation, quantity, language}));
      } catch (error) { oops.textContent = error.message; oops.hidden = false; }
    };
    const step = (label, sign, quantity) => make('button',
      {type: 'button', 'aria-label': `${label}: ${line.title}`, onclick: () => change(quantity)}, sign);
    return make('div', {className: 'line'}, drawPicture(line, line.title),
      make('div', {}, make('span', {className: 'name'}, line.title), make('small', {}, line.options.join(' · ')), oops),
      make('b', {}, money(line.total, cart.currency)),
      make('span', {className: 'steps'}, step(words.less, '−', line.quantity - 1), String(line.quantity),
        step(words.more, '+', line.quantity + 1),
        make('button', {type: 'button', className: 'gone', 'aria-label': `${words.remove}: ${line.title}`,
          onclick: () => change(0)}, words.remove)));
  }

  /** The button of a card; a product in several versions shows them first. */
  function buyButton(product) {
    if (product.price == null || product.stock === 0) return null;
    const box = make('div');
    const button = make('button', {type: 'button', className: 'buy'}, words.add);
    const add = async (variant) => {
      box.querySelector('.oops')?.remove();
      try {
        count(await call('POST', '/v1/cart/lines', {conversation_id: memory.conversation,
          product_id: product.id, variant_id: variant, quantity: 1, language}));
        box.querySelector('.versions')?.remove();
        button.textContent = `✓ ${words.added}`;
        setTimeout(() => { button.textContent = words.add; }, 2500);
      } catch (error) { box.append(make('p', {className: 'oops', role: 'alert'}, error.message)); }
    };
    button.addEventListener('click', () => {
      const variants = product.variants || [];
      if (variants.length < 2) { add(variants[0]?.id ?? null); return; }
      if (box.querySelector('.versions')) { box.querySelector('.versions').remove(); return; }
      box.append(make('div', {className: 'versions', role: 'group', 'aria-label': words.choose},
        ...variants.map((variant) => make('button', {type: 'button', disabled: variant.stock === 0,
          onclick: () => add(variant.id)}, Object.values(variant.options).join(' · ')))));
    });
    box.append(button);
    return box;
  }

  // ------------------------------------------------------------ who is signed in

  const accountButton = make('button', {type: 'button', className: 'tool account', onclick: () => openAccount()},
    memory.shopper ? memory.shopper.name : words.signIn);

  function named(shopper) {
    memory.shopper = shopper || undefined;
    accountButton.textContent = shopper ? shopper.name : words.signIn;
    remember();
  }

  async function signIn(token, shopper = null) {
    memory.token = token;
    window.AisleTrack?.identify(token);
    try {
      named(shopper || (await call('GET', '/v1/account')).shopper);
      if (memory.conversation) {
        count(await call('POST', '/v1/cart/claim', {conversation_id: memory.conversation, language}));
      }
      kit.onSignIn?.();
    } catch { signOut(); }
  }

  function signOut() {
    memory.token = undefined;
    window.AisleTrack?.identify('');
    named(null);
    count({count: 0});
  }

  async function openAccount(after = close) {
    if (memory.token) {
      show(words.account, make('p', {}, words.hello(memory.shopper?.name || '')), make('p', {}),
        make('button', {type: 'button', className: 'plain', onclick: () => { signOut(); close(); }}, words.signOut));
      return;
    }
    const {demo_shoppers: people = []} = await call('GET', '/v1/account').catch(() => ({}));
    show(words.account, make('p', {className: 'note'}, people.length ? words.demo : words.signedOut),
      make('div', {className: 'people'}, ...people.map((shopper) => make('button', {type: 'button',
        onclick: async () => {
          const done = await call('POST', '/v1/account/demo', {shopper_id: shopper.id});
          await signIn(done.token, done.shopper);
          after();
        }}, shopper.name))));
  }

  // ------------------------------------------------------------ the evidence of a sentence

  const fieldText = (product, field) => {
    const [kind, name = ''] = field.split(/:(.*)/s);
    if (kind === 'price' && product.price != null) return money(product.price, product.currency);
    if (kind === 'list_price' && product.list_price != null) return money(product.list_price, product.currency);
    if (kind === 'rating' && product.rating != null) return `${Number(product.rating)} / 5 (${product.rating_count})`;
    if (kind === 'stock' && product.stock != null) return String(product.stock);
    if (kind === 'brand') return product.brand || '';
    if (kind === 'title') return product.translations?.[language]?.title || product.title;
    if (kind === 'description') return product.translations?.[name]?.description || product.description;
    if (kind === 'review') return product.reviews?.find((review) => review.id === name)?.text || '';
    if (kind !== 'attribute') return '';
    const found = product.attributes?.find((attribute) => attribute.name === name);
    return found ? `${found.value}${found.unit ? ` ${found.unit}` : ''}` : '';
  };

  /** Where a sentence comes from: each field with what the store says in it. */
  function evidence(sentence, known) {
    const products = sentence.product_ids.map((id) => known[id]).filter(Boolean);
    const fields = [...new Set(sentence.evidence.flatMap((field) => field.split(', ')))];
    const lines = fields.map((field) => {
      const told = products.map((product) => fieldText(product, field)).filter(Boolean);
      const label = words.fields[field.split(':')[0]] || field.split(':')[0];
      const name = /^(attribute|policy|guide|order|return)$/.test(field.split(':')[0]) ? ` ${field.split(':')[1].replace(/_/g, ' ')}` : '';
      return `${label}${name}${told.length ? `: ${told.join(' · ')}` : ''}`;
    });
    return make('span', {className: 'shown-source', role: 'note'}, lines.join(' — '));
  }

  // ------------------------------------------------------------ a buying guide

  function guideCard({id, list_id: list, title, sentence, language: spoken}) {
    const card = make('button', {type: 'button', className: 'guide', 'aria-haspopup': 'true', onclick: () => openGuide(id, spoken)},
      make('small', {}, words.guide), make('b', {}, title), make('span', {}, sentence));
    window.AisleTrack?.watch(card, {object_id: id, query_id: list, ordinal: 1, surface: 'content', detail: {object_type: 'guide'}});
    return card;
  }

  async function openGuide(id, spoken) {
    try {
      const guide = await call('GET', `/v1/guides/${encodeURIComponent(id)}?language=${spoken}`);
      show(guide.title, make('p', {className: 'reading', lang: guide.language}, guide.text));
      side.querySelector('h3').before(make('small', {className: 'kind'}, words.guide));
    } catch (error) {
      show(words.guide, make('p', {className: 'oops', role: 'alert'}, error.message));
    }
  }

  // ------------------------------------------------------------ what is kept in mind

  const path = (id = '') => `/v1/preferences${id && `/${id}`}?conversation_id=${memory.conversation}`;
  const memoryButton = make('button', {type: 'button', className: 'tool memory', 'aria-label': words.memory,
    title: words.memory, onclick: openMemory}, '☰');

  /** "I keep in mind: no leather ×"; a tap forgets. */
  function keptLine(preferences) {
    return make('p', {className: 'kept'}, words.keep, ...preferences.map((taste) => {
      const chip = make('button', {type: 'button', 'aria-label': words.forget(taste.text), onclick: async () => {
        await call('DELETE', path(taste.id)).catch(() => {}); // what is gone already is forgotten, too
        chip.replaceWith(make('span', {className: 'lost'}, taste.text));
      }}, `${taste.text} ×`);
      return chip;
    }));
  }

  async function openMemory() {
    if (!memory.conversation) { drawMemory([]); return; }
    try { drawMemory(await call('GET', path())); } catch (error) {
      show(words.memory, make('p', {className: 'oops', role: 'alert'}, error.message));
    }
  }

  function drawMemory(tastes) {
    if (!tastes.length) { show(words.memory, make('p', {}, words.nothingKept)); return; }
    const forget = async (id) => drawMemory(await call('DELETE', path(id)));
    show(words.memory, ...tastes.map((taste) => make('div', {className: 'taste'},
      make('span', {}, taste.text, make('small', {}, `${taste.scope.join(' › ') || words.inAll} · ${
        words.until(new Date(taste.expires).toLocaleDateString(language === 'zh' ? 'zh-CN' : 'en-US'))}`)),
      make('button', {type: 'button', className: 'plain', 'aria-label': words.forget(taste.text),
        onclick: () => forget(taste.id)}, '×'))),
      make('p', {className: 'sum'}, make('button', {type: 'button', className: 'plain', onclick: () => forget()}, words.forgetAll)));
  }

  // ------------------------------------------------------------ a human speaks

  const POLL_MS = 3000;
  let timer = null;
  const speaker = make('p', {className: 'speaker', role: 'status', hidden: true});
  kit.panel.insertBefore(speaker, kit.log);

  /** Shows who is speaking; asks for what an agent says until the conversation is handed back. */
  function watchHandoff({state, agent, old}) {
    if (old) return; // drawn from memory: `memory.handoff` says how it stands now
    memory.handoff = state;
    speaker.textContent = state === 'held' ? words.held(agent) : words[state];
    speaker.hidden = !['waiting', 'held'].includes(state);
    if (!timer && !speaker.hidden) timer = setTimeout(poll, POLL_MS);
    remember();
  }

  async function poll() {
    timer = null;
    try {
      const seen = memory.handSeen || 0;
      const view = await call('GET', `/v1/handoff?conversation_id=${memory.conversation}&after=${seen}`);
      for (const message of view.messages) drawMessage(message);
      if (view.state !== memory.handoff && view.state === 'closed') {
        kit.log.append(make('p', {className: 'note'}, words.closed));
      }
      watchHandoff(view.state === 'none' ? {state: 'closed'} : view);
    } catch { timer = setTimeout(poll, 3 * POLL_MS); }
  }

  function drawMessage(message) {
    memory.handSeen = message.number;
    memory.turns.push({message: '', events: [], hand: message});
    kit.log.append(viewMessage(message));
    kit.log.scrollTop = kit.log.scrollHeight;
  }

  function viewMessage(message) {
    const cards = message.products.map((product, index) =>
      kit.drawCard({hit: {product}, position: index + 1, reasons: []}, language));
    return make('section', {className: 'turn'},
      make('p', {className: 'hand'}, make('b', {}, message.name), message.text),
      cards.length ? make('ul', {className: 'cards', tabIndex: 0}, ...cards) : '');
  }

  function endHandoff() {
    clearTimeout(timer);
    timer = null;
    memory.handSeen = 0;
    watchHandoff({state: 'closed'});
  }

  if (memory.token) window.AisleTrack?.identify(memory.token);
  if (['waiting', 'held'].includes(memory.handoff)) poll();
  if (memory.pieces) count({count: memory.pieces});
  return {buttons: [cartButton, accountButton, memoryButton], keptLine, evidence, guideCard, buyButton, close, count, signIn, signOut, watchHandoff, endHandoff, viewMessage};
}
