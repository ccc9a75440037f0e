import type { Accelerator } from './guest.ts';
import type { PacketReport } from './packet-report.ts';

/** One check of `lodge doctor`. `fix` is the exact command or edit that mends it, or null when there is nothing to do. */
export interface DoctorCheck {
  id: string;
  status: 'ok' | 'warn' | 'fail';
  summary: string;
  detail: string;
  fix: string | null;
  /** Of `guest-packets`: each hop, and the table, chain, rule and handle that stopped it. */
  packets?: PacketReport;
}

/** What booting the probe under one accelerator showed. Times in milliseconds, null where the probe never got there. */
export interface AcceleratorMeasurement {
  accel: Accelerator;
  verdict: 'works' | 'slow' | 'broken' | 'absent';
  /** In words, with the numbers. */
  reason: string;
  wholeRunMs: number | null;
  arithmeticMs: number | null;
  contextSwitchMs: number | null;
  pageFaultMs: number | null;
  portIoMs: number | null;
}

/** The probe's result, valid for one boot of one kernel with one QEMU. */
export interface AcceleratorReport {
  chosen: Accelerator | null;
  reason: string;
  measurements: AcceleratorMeasurement[];
  bootId: string;
  kernelRelease: string;
  qemuVersion: string;
  measuredAtMs: number;
}

export interface DoctorReport {
  checks: DoctorCheck[];
  accelerator: AcceleratorReport | null;
}
