/** Where the name service of an instance listens, beside whoever holds 53 and 67. */
export interface NamePorts {
  dns: number;
  dhcp: number;
}

/**
 * Ports that IANA has given to nobody, below 512: no unprivileged program can take one, and programs that ask for any privileged port
 * (bindresvport) begin at 512.
 */
export const NAME_PORTS = { dns: [334, 335, 336, 337, 338], dhcp: [325, 326, 327, 328, 329, 330] } as const;
