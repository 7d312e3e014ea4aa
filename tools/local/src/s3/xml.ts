/** An element with text or with elements in it; `undefined` values are left out, arrays repeat the element. */
type XmlContent = string | number | boolean | undefined | XmlContent[] | { [name: string]: XmlContent };

const DECLARATION = '<?xml version="1.0" encoding="UTF-8"?>\n';

/** An answer's document. */
export function xmlDocument(root: string, content: XmlContent): string {
  return DECLARATION + element(root, content, ' xmlns="http://s3.amazonaws.com/doc/2006-03-01/"');
}

/** An error's document, which has no namespace. */
export function xmlError(content: XmlContent): string {
  return DECLARATION + element('Error', content);
}

function element(name: string, content: XmlContent, attributes = ''): string {
  if (content === undefined) return '';
  if (Array.isArray(content)) return content.map((item) => element(name, item)).join('');
  const inner =
    typeof content === 'object'
      ? Object.entries(content)
          .map(([child, value]) => element(child, value))
          .join('')
      : escape(String(content));
  return `<${name}${attributes}>${inner}</${name}>`;
}

function escape(text: string): string {
  // Carriage return and tab would be normalised away by the reader.
  return text.replace(/[&<>"\r\n\t]/g, (character) => `&#${character.charCodeAt(0)};`);
}

/** The texts of every `<name>` in a document without attributes on it. */
export function textsOf(document: string, name: string): string[] {
  const pattern = new RegExp(`<${name}>([^<]*)</${name}>`, 'g');
  return [...document.matchAll(pattern)].map((match) => unescape(match[1] ?? ''));
}

const NAMED: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" };

function unescape(text: string): string {
  return text.replace(
    /&(?:#x([0-9a-fA-F]{1,6})|#(\d{1,7})|([a-z]{2,4}));/g,
    (whole, hex?: string, decimal?: string, name?: string) => {
      if (name !== undefined) return NAMED[name] ?? whole;
      const point = hex === undefined ? Number(decimal) : Number.parseInt(hex, 16);
      return point <= 0x10ffff ? String.fromCodePoint(point) : whole;
    },
  );
}
