"""The ready-made questions: SQL over the views `sessions`, `sets`, `reps`, `events` (see SPEC.md). One row a finding.

Rates are over reps, so that a question asks the same of long and of short sessions. `now` is the newest session of the
dataset: an old dataset is not compared with today. A recording that lies in two places counts once. What each asks is
said under `fleet.question` in texts/.
"""

from ..texts import text

RECENT_DAYS = 28

VIEWS = f"""
CREATE VIEW sessions AS
    SELECT *, to_timestamp(start_ms / 1000) AS start FROM all_sessions WHERE error IS NULL
    QUALIFY row_number() OVER (PARTITION BY fingerprint ORDER BY source) = 1;
CREATE VIEW sets AS SELECT *, to_timestamp(start_ms / 1000) AS start FROM all_sets SEMI JOIN sessions USING (source);
CREATE VIEW reps AS SELECT *, to_timestamp(start_ms / 1000) AS start FROM all_reps SEMI JOIN sessions USING (source);
CREATE VIEW events AS
    SELECT *, to_timestamp(start_ms / 1000) AS start FROM all_events SEMI JOIN sessions USING (source);
CREATE VIEW now AS SELECT max(start) AS now, max(start) - INTERVAL {RECENT_DAYS} DAY AS recent FROM sessions;
"""

QUESTIONS = {
    "faults-by-load": """
        WITH loaded AS (SELECT *, 20 * floor(sled_load_kg / 20) AS from_kg FROM reps WHERE sled_load_kg IS NOT NULL),
             total AS (SELECT from_kg, count(*) AS reps FROM loaded GROUP BY from_kg),
             found AS (SELECT from_kg, unnest(faults) AS fault FROM loaded)
        SELECT from_kg, from_kg + 20 AS to_kg, fault, reps, count(*) AS reps_with_it,
               round(count(*) / reps, 4) AS rate
        FROM found JOIN total USING (from_kg) GROUP BY from_kg, fault, reps ORDER BY from_kg, rate DESC, fault
        """,
    "faults-by-lifter": """
        WITH total AS (SELECT lifter, count(*) AS reps FROM reps GROUP BY lifter),
             found AS (SELECT lifter, unnest(faults) AS fault FROM reps)
        SELECT found.lifter, fault, reps, count(*) AS reps_with_it, round(count(*) / reps, 4) AS rate
        FROM found JOIN total ON found.lifter IS NOT DISTINCT FROM total.lifter
        GROUP BY found.lifter, fault, reps ORDER BY rate DESC, found.lifter, fault
        """,
    "faults-by-rep": """
        SELECT place, count(*) AS reps, sum(len(faults) > 0)::BIGINT AS faulty,
               round(avg((len(faults) > 0)::INT), 4) AS rate,
               round(avg(mean_concentric_velocity_mps), 4) AS mean_concentric_velocity_mps
        FROM (SELECT *, row_number() OVER (PARTITION BY source, set ORDER BY rep) AS place FROM reps)
        GROUP BY place HAVING count(*) >= 3 ORDER BY place
        """,
    "depth-trend": """
        WITH clean AS (
            SELECT lifter, source, start, avg(max_flexion_deg) AS deg FROM reps
            WHERE len(faults) = 0 AND max_flexion_deg IS NOT NULL AND start IS NOT NULL GROUP BY ALL
        )
        SELECT lifter, count(*) AS sessions, min(start)::DATE AS first, max(start)::DATE AS last,
               round(arg_max(deg, start), 1) AS last_deg,
               round(regr_slope(deg, epoch(start)) * 604800, 3) AS deg_per_week,
               round(regr_r2(deg, epoch(start)), 3) AS explained
        FROM clean GROUP BY lifter HAVING count(*) >= 3 ORDER BY abs(deg_per_week) DESC, lifter
        """,
    "asymmetry": """
        WITH each AS (
            SELECT lifter, source, start, avg(left_share) AS share FROM reps
            WHERE left_share IS NOT NULL AND start IS NOT NULL GROUP BY ALL
        )
        SELECT lifter, count(*) AS sessions, round(median(share), 4) AS usual,
               round(avg(share) FILTER (start >= recent), 4) AS lately,
               round(avg(share) FILTER (start >= recent) - median(share), 4) AS change,
               round(stddev_samp(share), 4) AS spread
        FROM each, now GROUP BY lifter ORDER BY abs(change) DESC NULLS LAST, lifter
        """,
    "needs-a-look": """
        WITH rates AS (
            SELECT lifter, count(*) FILTER (start >= recent) AS reps_lately,
                   avg((len(faults) > 0)::INT) FILTER (start >= recent) AS lately,
                   avg((len(faults) > 0)::INT) FILTER (start < recent) AS before,
                   avg(list_has_any(faults, ['lockout', 'slam', 'valgus'])::INT) FILTER (start >= recent) AS serious,
                   abs(avg(left_share) FILTER (start >= recent) - avg(left_share) FILTER (start < recent)) AS sided
            FROM reps, now GROUP BY lifter
        ), pains AS (
            SELECT lifter, max(pain_level) AS pain_level FROM sets, now WHERE start >= recent GROUP BY lifter
            UNION ALL
            SELECT unnest(lifters), pain_level FROM sessions, now WHERE start >= recent
        ), worst AS (SELECT lifter, max(pain_level) AS pain_level FROM pains GROUP BY lifter),
        weighed AS (
            SELECT rates.lifter, reps_lately, pain_level, lately, before, serious, sided,
                   coalesce(pain_level >= 4, FALSE) AS hurts, coalesce(lately - before > 0.1, FALSE) AS worse,
                   coalesce(serious > 0.1, FALSE) AS risky, coalesce(sided > 0.05, FALSE) AS leans
            FROM rates LEFT JOIN worst ON rates.lifter IS NOT DISTINCT FROM worst.lifter
            WHERE reps_lately > 0
        )
        SELECT lifter,
               concat_ws(', ', CASE WHEN hurts THEN 'pain' END, CASE WHEN risky THEN 'lockout, slam or valgus' END,
                         CASE WHEN worse THEN 'more faults' END, CASE WHEN leans THEN 'one-sided' END) AS because,
               pain_level, round(lately, 3) AS faulty_lately, round(before, 3) AS faulty_before,
               round(serious, 3) AS serious_lately, round(sided, 3) AS side_change, reps_lately
        FROM weighed WHERE hurts OR worse OR risky OR leans
        ORDER BY 4 * hurts::INT + 2 * risky::INT + worse::INT + leans::INT DESC, lately DESC, lifter
        """,
    "dose": """
        SELECT lifter, count(DISTINCT source) / 4 AS sessions_per_week, count(*) / 4 AS sets_per_week,
               sum(reps) / 4 AS reps_per_week, round(sum(reps * sled_load_kg) / 4) AS volume_kg_per_week,
               round(avg(rpe), 1) AS mean_rpe, max(start)::DATE AS last
        FROM sets, now WHERE start >= recent GROUP BY lifter ORDER BY volume_kg_per_week DESC NULLS LAST, lifter
        """,
    "gone-quiet": """
        SELECT lifter, count(DISTINCT source) AS sessions, max(start)::DATE AS last,
               round(epoch(any_value(now) - max(start)) / 86400) AS days_ago
        FROM sets, now WHERE lifter IS NOT NULL AND start IS NOT NULL
        GROUP BY lifter HAVING count(DISTINCT source) >= 3 AND days_ago >= 14 ORDER BY days_ago DESC, lifter
        """,
    "velocity-loss": """
        SELECT rpe, 20 * floor(sled_load_kg / 20) AS from_kg, count(*) AS sets,
               round(median(velocity_loss), 3) AS median_loss, round(quantile_cont(velocity_loss, 0.9), 3) AS p90_loss,
               round(avg(reps), 1) AS mean_reps
        FROM sets WHERE velocity_loss IS NOT NULL GROUP BY ALL ORDER BY rpe, from_kg
        """,
    "foresight": """
        SELECT month, count(*) AS sessions, sum(foreseen)::BIGINT AS made,
               sum(foreseen_true)::BIGINT AS came_true, sum(not_foreseen)::BIGINT AS not_foreseen,
               round(median(foreseen_lead_p50_ms)) AS lead_p50_ms, sum(cues)::BIGINT AS cues,
               round(median(cue_latency_p95_ms), 1) AS cue_latency_p95_ms
        FROM sessions GROUP BY month ORDER BY month
        """,
    "nodes": """
        SELECT device, arg_max(node, start) AS node, count(*) AS sessions, max(start)::DATE AS last,
               round(sum(lost_samples) / greatest(sum(samples) + sum(lost_samples), 1), 6) AS lost,
               sum(gaps)::BIGINT AS gaps, sum(reboots)::BIGINT AS reboots,
               sum((damaged_bytes > 0 OR missing_pages > 0)::INT)::BIGINT AS damaged,
               sum((NOT calibrated)::INT)::BIGINT AS uncalibrated
        FROM sessions GROUP BY device ORDER BY lost DESC NULLS LAST, device
        """,
    "failures": "SELECT source, error, again AS tried_again FROM all_sessions WHERE error IS NOT NULL ORDER BY source",
}


def title_of(question: str) -> str:
    """What is asked, for people."""
    return text(f"fleet.question.{question.replace('-', '_')}")
