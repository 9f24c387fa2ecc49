// An answer's Markdown as elements. Whatever the model writes, only these tags come out, without
// images, styles or scripts.
import { Marked } from "./vendor/marked/marked.esm.js";
import DOMPurify from "./vendor/dompurify/purify.es.mjs";

const escaped = (text) => text.replace(/[&<>"]/g, (sign) => "&#" + sign.charCodeAt(0) + ";");

const marked = new Marked({
  gfm: true,
  breaks: true,
  renderer: {
    html: ({ text }) => escaped(text),
    image: ({ text, href }) => escaped(text || href),
    // the page's own headings are its outline
    heading({ tokens }) {
      return "<p><strong>" + this.parser.parseInline(tokens) + "</strong></p>";
    },
  },
});

const RULES = {
  ALLOWED_TAGS:
    "p br hr strong em del code pre ul ol li blockquote table thead tbody tr th td a".split(" "),
  ALLOWED_ATTR: ["href", "title", "start"],
  ALLOW_DATA_ATTR: false,
  ALLOW_ARIA_ATTR: false,
  ALLOWED_URI_REGEXP: /^https?:\/\//i,
  RETURN_DOM_FRAGMENT: true,
};

export function fromMarkdown(text) {
  const fragment = DOMPurify.sanitize(marked.parse(text), RULES);
  for (const link of fragment.querySelectorAll("a")) {
    link.target = "_blank";
    link.rel = "noopener noreferrer nofollow";
  }
  return fragment;
}
