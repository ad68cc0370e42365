// Factories of the schedules, typed; each gives the plain JSON that `fit` and `createSchedule` take.
export { createSchedule } from "./create.ts";
export * from "./cycles.ts";
export * from "./decays.ts";
export * from "./manual.ts";
export * from "./one-cycle.ts";
export * from "./plateau.ts";
export type { RateOfStep, Schedule, ScheduleContext, ScheduleSpec, ScheduleState } from "./schedule.ts";
export * from "./sequence.ts";
export * from "./warmup.ts";
export * from "./with-warmup.ts";
