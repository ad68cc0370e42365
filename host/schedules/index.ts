// Factories of the schedules, typed; each gives the plain JSON that `fit` and `createSchedule` take.
export * from "./cycles.ts";
export * from "./decays.ts";
export * from "./manual.ts";
export * from "./plateau.ts";
export {
  createSchedule,
  type RateOfStep,
  type Schedule,
  type ScheduleContext,
  type ScheduleSpec,
  type ScheduleState,
} from "./schedule.ts";
export * from "./sequence.ts";
export * from "./warmup.ts";
export * from "./with-warmup.ts";
