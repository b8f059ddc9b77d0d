# Writes sites.json: known answers for patients within sites, and for patients seen at two sites (crossed).
# The data are made here by whole-number rules. Needs lme4, lmerTest, pbkrtest, jsonlite (Debian: r-cran-*).
# Run: Rscript sites.R sites.json
suppressMessages({library(lme4); library(lmerTest); library(pbkrtest); library(jsonlite)})

d <- expand.grid(j = 1:6, i = 1:72)
d <- with(d, data.frame(
  patient_id = sprintf("p%02d", i), site = sprintf("s%d", i %% 9), arm = c("A", "B")[(i %/% 9) %% 2 + 1],
  week = c(0, 1, 2, 4, 6, 8)[j],
  total = round(17 + 2.5 * sin(i %% 9 * 2.1) + 3 * sin(i * 3.7) + 2.2 * sin(i * 5.3 + j * 7.9 + i * j) +
    c(0, 1, 2, 4, 6, 8)[j] * (-0.8 - 0.3 * ((i %/% 9) %% 2) + 0.5 * cos(i * 2.9)), 2),
  kept = (i * 5 + j * 3 + i * j) %% 9 > 1))
d <- d[d$kept, c("patient_id", "site", "arm", "week", "total")]
moved <- d
moved$site[moved$patient_id %in% c("p03", "p14", "p25", "p40") & moved$week > 2] <- "s5"

tight <- function(formula, data, REML = TRUE) {
  m <- lmerTest::lmer(formula, data, REML = REML)
  for (k in 1:3) m <- lmerTest::lmer(formula, data, REML = REML, start = getME(m, "theta"),
    control = lmerControl(optimizer = "bobyqa", optCtrl = list(rhobeg = 10^-(1 + k), rhoend = 1e-12, maxfun = 1e6)))
  m
}
tell <- function(m, ddf) {
  s <- coef(summary(m, ddf = ddf)); v <- as.data.frame(VarCorr(m))
  list(deviance = if (isREML(m)) REMLcrit(m) else -2 * as.numeric(logLik(m)), terms = rownames(s),
    estimate = unname(s[, "Estimate"]), std_error = unname(s[, "Std. Error"]), df = unname(s[, "df"]),
    group = v$grp, var1 = v$var1, var2 = v$var2, vcov = v$vcov)
}
slope <- total ~ week * arm + (week | patient_id) + (1 | site)
level <- total ~ week * arm + (1 | patient_id) + (1 | site)
kr <- function(m) { s <- KRmodcomp(m, rbind(c(0, 1, 0, 0), c(0, 0, 0, 1)))$stats; list(F = s$Fstat, df = s$ddf) }
a <- tight(slope, d)
write_json(list(
  made_by = "sites.R", versions = list(lme4 = as.character(packageVersion("lme4")),
    lmerTest = as.character(packageVersion("lmerTest")), pbkrtest = as.character(packageVersion("pbkrtest"))),
  data = d, moved = moved$site,
  slope_kr = tell(a, "Kenward-Roger"), slope_satterthwaite = tell(a, "Satterthwaite"), slope_joint = kr(a),
  slope_ml = tell(tight(slope, d, FALSE), "Satterthwaite"),
  level_kr = tell(tight(level, d), "Kenward-Roger"), level_ml = tell(tight(level, d, FALSE), "Satterthwaite"),
  crossed_kr = tell(tight(level, moved), "Kenward-Roger"),
  crossed_satterthwaite = tell(tight(level, moved), "Satterthwaite")
), commandArgs(TRUE)[1], digits = 12, auto_unbox = TRUE)
