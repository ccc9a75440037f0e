/**
 * `/etc/network/interfaces` and the files it sources, without loss: the `raw` texts of all nodes, in order, are the file. What a
 * line means stands beside its text. Lines begin with 1; a line that ends in a backslash goes on, and is one line here.
 */
export interface InterfacesDocument {
  /** The path reading begins with. */
  entry: string;
  files: InterfacesFile[];
}

export interface InterfacesFile {
  path: string;
  nodes: InterfacesNode[];
}

export type InterfacesNode =
  | InterfacesText
  | InterfacesNames
  | InterfacesSource
  | InterfacesIface
  | InterfacesMapping
  | InterfacesTemplate;

interface RawLine {
  raw: string;
  line: number;
}

/** `junk`: what no dialect understands at that place. */
export interface InterfacesText extends RawLine {
  kind: 'blank' | 'comment' | 'junk';
}

/** `auto eth0 eth1`, `allow-hotplug eth0`, `no-auto-down eth0`, `no-scripts eth0`, `rename mac/…=lan`. */
export interface InterfacesNames extends RawLine {
  kind: 'names';
  keyword: string;
  names: string[];
}

/** `source interfaces.d/*`, `source-directory interfaces.d`. */
export interface InterfacesSource extends RawLine {
  kind: 'source';
  keyword: string;
  pattern: string;
}

/** `iface eth0 inet static inherits base`. What the line leaves out, or has no name for, is null. */
export interface InterfacesIface extends RawLine {
  kind: 'iface';
  name: string | null;
  family: string | null;
  method: string | null;
  inherits: string | null;
  body: InterfacesBodyLine[];
}

export interface InterfacesMapping extends RawLine {
  kind: 'mapping';
  patterns: string[];
  body: InterfacesBodyLine[];
}

/** Of ifupdown-ng only. */
export interface InterfacesTemplate extends RawLine {
  kind: 'template';
  name: string | null;
  body: InterfacesBodyLine[];
}

/** `mark`: a bare `auto` or `allow-…` inside a stanza, which means the stanza's own interface. */
export type InterfacesBodyLine = InterfacesText | InterfacesOption | (RawLine & { kind: 'mark'; keyword: string });

export interface InterfacesOption extends RawLine {
  kind: 'option';
  name: string;
  value: string;
}
