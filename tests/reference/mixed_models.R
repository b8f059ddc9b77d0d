# Writes mixed_models.json: known answers for mixed models. The data are made here by whole-number rules.
# Needs lme4 1.1-31, lmerTest 3.1-3, pbkrtest 0.5.2, emmeans 1.8.4, jsonlite (Debian: r-cran-*).
# Run: Rscript mixed_models.R mixed_models.json
suppressMessages({library(lme4); library(lmerTest); library(pbkrtest); library(emmeans); library(splines); library(jsonlite)})

grid <- expand.grid(j = 1:7, i = 1:24)
d <- with(grid, data.frame(
  patient_id = sprintf("p%02d", i),
  day = c(3, 7, 10, 14, 21, 28, 42)[j] + (i * 5 + j * 3) %% 3 - 1,
  route = c("IM", "IN", "IV")[i %% 3 + 1],
  baseline = 14 + (i * 7) %% 11,
  level = ((i * 17) %% 11 - 5) * 0.9, slope = ((i * 13) %% 9 - 4) / 20,
  noise = ((i * 31 + j * 47 + i * j * 11) %% 13 - 6) * 0.5, kept = (i * i + j * 5 + i * j * j) %% 7 > 1))
d$total <- with(d, round(baseline - 0.12 * day - 0.05 * day * (route == "IV") + level + slope * day + noise + 0.01))
d <- d[d$kept, c("patient_id", "day", "route", "baseline", "total")]
means <- mean(tapply(d$baseline, d$patient_id, mean))                # patients count once each

tight <- function(formula, REML = TRUE, n = 3) {
  m <- lmerTest::lmer(formula, d, REML = REML)
  for (k in 1:n) m <- lmerTest::lmer(formula, d, REML = REML, start = getME(m, "theta"),
    control = lmerControl(optimizer = "bobyqa", optCtrl = list(rhobeg = 10^-(1 + k), rhoend = 1e-12, maxfun = 1e6)))
  m
}
fixed <- function(m, ddf) {
  s <- coef(summary(m, ddf = ddf))
  list(terms = rownames(s), estimate = s[, "Estimate"], std_error = s[, "Std. Error"], df = s[, "df"])
}
random <- function(m) { v <- as.data.frame(VarCorr(m)); list(var1 = v$var1, var2 = v$var2, vcov = v$vcov) }
grid_of <- function(m, days, ...) as.data.frame(emmeans(m, ..., at = list(day = days, baseline = means), lmer.df = "kenward-roger"))
rows_of <- function(m, pattern) diag(length(fixef(m)))[grepl(pattern, names(fixef(m))), , drop = FALSE]

a <- tight(total ~ day * route + baseline + (day | patient_id))
ml <- tight(total ~ day * route + baseline + (day | patient_id), REML = FALSE)
level <- tight(total ~ day * route + baseline + (1 | patient_id))
b <- tight(total ~ bs(day, df = 4) * route + baseline + (day | patient_id))
la <- rows_of(a, "day:route"); lb <- rows_of(b, "bs.*:route")
changes <- as.data.frame(contrast(emmeans(b, ~ day | route, at = list(day = c(7, 28), baseline = means), lmer.df = "kenward-roger"),
                                  method = "trt.vs.ctrl1", adjust = "none"))
arms <- as.data.frame(contrast(emmeans(b, ~ route | day, at = list(day = c(7, 28), baseline = means), lmer.df = "kenward-roger"),
                               method = "trt.vs.ctrl1", adjust = "none"))
both <- emmeans(b, ~ route | day, at = list(day = c(7, 28), baseline = means), lmer.df = "kenward-roger")
family <- function(method, adjust) as.data.frame(summary(contrast(both, method = method), by = NULL, adjust = adjust,
                                                         infer = c(TRUE, TRUE)))
set.seed(1)
kr <- function(m, L) { s <- KRmodcomp(m, L)$stats; list(F = s$Fstat, num = s$ndf, den = s$ddf, p = s$p.value) }
satterthwaite <- function(m, L) { s <- contest(m, L, ddf = "Satterthwaite"); list(F = s[["F value"]], num = s$NumDF, den = s$DenDF) }

answer <- list(
  made_by = "tests/reference/mixed_models.R", versions = list(R = as.character(getRversion()),
    lme4 = as.character(packageVersion("lme4")), lmerTest = as.character(packageVersion("lmerTest")),
    pbkrtest = as.character(packageVersion("pbkrtest")), emmeans = as.character(packageVersion("emmeans"))),
  data = d, mean_baseline = means,
  slope = list(reml_criterion = REMLcrit(a), random = random(a), kenward_roger = fixed(a, "Kenward-Roger"),
    satterthwaite = fixed(a, "Satterthwaite"), interaction_kr = kr(a, la), interaction_satterthwaite = satterthwaite(a, la)),
  slope_ml = list(deviance = -2 * as.numeric(logLik(ml)), random = random(ml), satterthwaite = fixed(ml, "Satterthwaite")),
  level = list(reml_criterion = REMLcrit(level), random = random(level), kenward_roger = fixed(level, "Kenward-Roger")),
  spline = list(reml_criterion = REMLcrit(b), interaction_kr = kr(b, lb),
    means = grid_of(b, c(7, 28), ~ day * route), overall = grid_of(b, c(7, 28), ~ day), changes = changes, arms = arms,
    arms_mvt = family("trt.vs.ctrl1", "mvt"), pairs_holm = family("revpairwise", "holm"),
    pairs_mvt = family("revpairwise", "mvt")))
writeLines(toJSON(answer, digits = 12, auto_unbox = TRUE, pretty = TRUE, na = "null"), commandArgs(TRUE)[1])
