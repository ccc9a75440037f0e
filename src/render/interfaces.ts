import type { InterfacesDocument, InterfacesNode } from '../model/interfaces-document.ts';

/** The files of a document. One that was not edited comes back byte for byte. */
export function renderInterfaces(document: InterfacesDocument): { path: string; text: string }[] {
  return document.files.map(({ path, nodes }) => ({ path, text: nodes.map(renderInterfacesNode).join('') }));
}

export function renderInterfacesNode(node: InterfacesNode): string {
  return 'body' in node ? node.raw + node.body.map(({ raw }) => raw).join('') : node.raw;
}
