import { bash } from '../lifecycle/launcher/bash-text.ts';
import type { CronJob } from './crontab.ts';

/** The minute since 1970 that never comes. */
export const forEver = 1e12;

/**
 * A bash script that runs jobs by the local clock until it is ended. Jobs see its environment and directory.
 * When clocks are put forward, by three hours at most, jobs with a fixed time in what was left out run at once; when they are
 * put back, such jobs do not run again. A job that still runs is not started once more.
 * @param turnFile two numbers: what is due later than the first minute since 1970 and up to the second one is run, and the
 * jobs of the start when the first is another one than `forEver`. It may change meanwhile. All is run where there is none
 */
export function cronScript(jobs: readonly CronJob[], turnFile = ''): string {
  const given = [`lp_turn_file=${quoted(turnFile)}`, `lp_for_ever=${forEver}`];
  return [...jobs.map(jobLine), ...given, schedule].join('\n');
}

/** One call for each job; its sets are texts like `,0,15,30,45,`. */
function jobLine(job: CronJob): string {
  const sets = [job.minutes, job.hours, job.days, job.months, job.weekdays].map(
    (values) => `,${[...values].sort((a, b) => a - b).join(',')},`,
  );
  const kind = job.atStart ? 'start' : job.isFixed ? 'fixed' : 'floating';
  const words = [kind, job.eitherDay ? 'either' : 'both', ...sets, job.command].map(quoted);
  return `lp_jobs+=(${words.join(' ')})`;
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}

const schedule = bash`
lp_width=8
lp_pids=()

# Minutes since 1970 as clocks here show them become $lp_wall, those by UTC $lp_utc, the seconds behind the
# last full minute $lp_seconds.
lp_look() {
  local epoch zone offset
  read -r epoch zone < <(date '+%s %z')
  offset=$((10#$\{zone:1:2} * 60 + 10#$\{zone:3:2}))
  [[ $zone == -* ]] && offset=$((-offset))
  lp_utc=$((epoch / 60)) lp_wall=$((lp_utc + offset)) lp_seconds=$((epoch % 60))
}

# The minute $1 becomes $lp_minute, $lp_hour, $lp_day, $lp_month and $lp_weekday.
lp_date() {
  local days=$(($1 / 1440)) era year shifted
  lp_minute=$(($1 % 60)) lp_hour=$(($1 / 60 % 24)) lp_weekday=$(((days + 4) % 7))
  # Years that begin in March have their leap day at the end.
  days=$((days + 719468)) era=$((days / 146097)) days=$((days % 146097))
  year=$(((days - days / 1460 + days / 36524 - days / 146096) / 365))
  days=$((days - (365 * year + year / 4 - year / 100)))
  shifted=$(((5 * days + 2) / 153))
  lp_day=$((days - (153 * shifted + 2) / 5 + 1))
  lp_month=$((shifted < 10 ? shifted + 3 : shifted - 9))
}

# Whether the job at $1 is for that date.
lp_is_due() {
  local -a job=("$\{lp_jobs[@]:$1:lp_width}")
  [[ $\{job[2]} == *,$lp_minute,* && $\{job[3]} == *,$lp_hour,* && $\{job[5]} == *,$lp_month,* ]] || return
  if [[ $\{job[1]} == either ]]; then
    [[ $\{job[4]} == *,$lp_day,* || $\{job[6]} == *,$lp_weekday,* ]]
  else
    [[ $\{job[4]} == *,$lp_day,* && $\{job[6]} == *,$lp_weekday,* ]]
  fi
}

# Another version of the app may run what is due until the minute $lp_after, and then what is due behind $lp_until.
lp_read_turn() {
  lp_after=0 lp_until=$lp_for_ever
  { read -r lp_after lp_until < "$lp_turn_file"; } 2>/dev/null
}

lp_start() {
  local command=$\{lp_jobs[$1 + 7]} pid=$\{lp_pids[$1]-}
  if [[ -n $pid ]] && kill -0 "$pid" 2>/dev/null; then
    echo "It is time for this, but it still runs since the last time: $command" >&2
    return
  fi
  (
    bash -c "$command"
    status=$?
    ((status == 0)) || echo "This ended with status $status: $command" >&2
  ) &
  lp_pids[$1]=$!
}

# Starts the jobs of the kinds $2… that are due in the minute $1.
lp_run() {
  local at
  lp_date "$1"
  shift
  for ((at = 0; at < $\{#lp_jobs[@]}; at += lp_width)); do
    [[ " $* " == *" $\{lp_jobs[at]} "* ]] && lp_is_due $at && lp_start $at
  done
}

lp_read_turn
while ((lp_after == lp_for_ever)); do
  sleep 1
  lp_read_turn
done
lp_look
# Who begins where another one ended goes on with the next minute, which may have begun.
lp_late=0
((lp_after == 0 || lp_after > lp_utc)) || lp_late=$((lp_utc - lp_after))
lp_wall=$((lp_wall - lp_late))
lp_last=$lp_wall lp_seen=$lp_wall
for ((at = 0; at < $\{#lp_jobs[@]}; at += lp_width)); do
  [[ $\{lp_jobs[at]} == start ]] && lp_start $at
done
while :; do
  ((lp_late > 0)) || sleep $((60 - lp_seconds))
  lp_late=0
  lp_look
  ((lp_wall != lp_seen)) || continue
  lp_seen=$lp_wall lp_gap=$((lp_wall - lp_last))
  lp_read_turn
  if ((lp_utc <= lp_after || lp_utc > lp_until)); then
    ((lp_gap <= 0 && lp_gap >= -180)) || lp_last=$lp_wall
    continue
  fi
  if ((lp_gap <= 0 && lp_gap >= -180)); then
    lp_run $lp_wall floating
    continue
  fi
  if ((lp_gap > 0 && lp_gap <= 180)); then
    for ((lp_left = lp_last + 1; lp_left < lp_wall; lp_left++)); do lp_run $lp_left fixed; done
  fi
  lp_last=$lp_wall
  lp_run $lp_wall fixed floating
done`;
