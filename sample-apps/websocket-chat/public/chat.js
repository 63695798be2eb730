// The page's side of the chat: keep one websocket open, show what comes in, send what is written.
'use strict';

const list = document.querySelector('#messages');
const status = document.querySelector('#status');
const composer = document.querySelector('#composer');
const nameField = document.querySelector('#name');
const textField = document.querySelector('#text');

let socket;
let instance;
let retryMs = 500;

nameField.value = localStorage.getItem('name') ?? '';
(nameField.value ? textField : nameField).focus();

const show = {
  welcome(message) {
    retryMs = 500;
    instance = message.instance;
    for (const item of list.querySelectorAll('.said, .problem')) item.remove();
    for (const said of message.history) show.said(said);
  },
  people({ count }) {
    setStatus('open', `${count} ${count === 1 ? 'person' : 'people'} here · instance ${instance}`);
  },
  said({ name, text, at }) {
    const isMine = name === nameField.value.trim();
    const item = addItem(isMine ? 'said mine' : 'said');
    const author = element('b', name);
    author.style.setProperty('--hue', hueOf(name));
    item.append(author, element('p', text), timeElement(at));
    scrollToEnd();
  },
  problem({ text }) {
    addItem('problem').append(element('p', text));
    scrollToEnd();
  },
};

// Connections end: the app is pushed anew, the laptop sleeps. Then the page tries again, more and more patiently.
function connect() {
  socket = new WebSocket(new URL('chat', location.href.replace(/^http/, 'ws')));
  socket.onmessage = ({ data }) => {
    const message = JSON.parse(data);
    show[message.type](message);
  };
  socket.onclose = () => {
    setStatus('closed', 'not connected, trying again…');
    setTimeout(connect, retryMs);
    retryMs = Math.min(retryMs * 2, 10_000);
  };
}

composer.onsubmit = (event) => {
  event.preventDefault();
  if (socket.readyState !== WebSocket.OPEN) return; // what is written stays in the field
  localStorage.setItem('name', nameField.value.trim());
  socket.send(JSON.stringify({ name: nameField.value, text: textField.value }));
  textField.value = '';
  textField.focus();
};

function setStatus(state, text) {
  status.className = state;
  status.textContent = text;
}

function addItem(className) {
  const item = element('li', '');
  item.className = className;
  list.append(item);
  return item;
}

// Text is set as text, never as HTML: what others write must not become a part of this page.
function element(tag, text) {
  const made = document.createElement(tag);
  made.textContent = text;
  return made;
}

function timeElement(at) {
  const moment = new Date(at);
  const time = element('time', moment.toLocaleTimeString([], { hour: '2-digit', minute: '2-digit' }));
  time.dateTime = moment.toISOString();
  return time;
}

// The same name has the same colour in every window.
function hueOf(name) {
  let sum = 0;
  for (const letter of name) sum = (sum * 257 + letter.codePointAt(0)) % 360;
  return sum;
}

function scrollToEnd() {
  list.scrollTop = list.scrollHeight;
}

connect();
