# Writes survival.json: known answers for survival curves and tests. The data are made here by whole-number rules.
# Needs survival 3.5-3 and jsonlite (Debian: r-cran-survival, r-cran-jsonlite).
# Run: Rscript survival.R survival.json
suppressMessages({library(survival); library(jsonlite)})

i <- 1:60
d <- data.frame(time = 1 + (i * 37) %% 29 * 3, event = as.integer((i * 11) %% 7 > 1),
                arm = c("IM", "IN", "IV")[(i * i) %% 3 + 1 + (i %% 5 == 0)], cut = (i * 7) %% 10)
d$time[d$arm == "IV"] <- d$time[d$arm == "IV"] + 6
half <- data.frame(time = c(5, 8, 12, 20), event = c(1, 1, 1, 1))      # S is exactly one half from day 8 to day 12

curve <- function(f) list(day = f$time, estimate = f$surv, conf_low = f$lower, conf_high = f$upper)
median_of <- function(f) { q <- quantile(f, 0.5); list(median = unname(q$quantile), median_low = unname(q$lower), median_high = unname(q$upper)) }
test <- function(rho, data) { s <- survdiff(Surv(time, event) ~ arm, data, rho = rho)
  list(statistic = s$chisq, observed = as.numeric(s$obs), expected = as.numeric(s$exp)) }
fit <- function(data) survfit(Surv(time, event) ~ 1, data, conf.type = "log-log")

arms <- sort(unique(d$arm))
by_arm <- lapply(setNames(arms, arms), function(a) { f <- fit(d[d$arm == a, ]); c(curve(f), median_of(f)) })
days <- c(28, 56, 84)
at <- function(a) summary(fit(d[d$arm == a, ]), times = days, extend = TRUE)
differences <- lapply(setNames(arms[-1], arms[-1]), function(a)
  list(estimate = at(a)$surv - at(arms[1])$surv, std_error = sqrt(at(a)$std.err^2 + at(arms[1])$std.err^2)))

write_json(list(
  made_by = "survival.R", version = as.character(packageVersion("survival")), data = d[, c("time", "event", "arm")],
  kaplan_meier = by_arm, log_rank = test(0, d), peto_peto = test(1, d), days = days, differences = differences,
  half = c(list(data = half), median_of(fit(half)))
), commandArgs(TRUE)[1], digits = 12, auto_unbox = TRUE, na = "null")
