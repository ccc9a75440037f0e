/** What the agent in a guest says of it. The guest's root can make it say anything: it is shown, and nothing is decided by it. */
export interface AgentReport {
  hostName: string | null;
  /** `Debian GNU/Linux 12 (bookworm)` */
  os: string | null;
  /** Of the guest's NIC, link-local ones left out; null when the agent does not say. */
  addresses: string[] | null;
  /** Where it is not what it should be, a sentence each. */
  differences: string[];
}
