# Writes survival_models.json: known answers for regression, competing events, restricted means and interval censoring.
# The data are made here by whole-number rules. Needs survival 3.5-3, cmprsk 2.2-11, jsonlite (Debian: r-cran-*).
# Run: Rscript survival_models.R survival_models.json
suppressMessages({library(survival); library(cmprsk); library(jsonlite)})

i <- 1:150
d <- data.frame(patient_id = sprintf("p%03d", i), site = sprintf("s%d", i %% 12), arm = c("IM", "IN", "IV")[(i * i) %% 3 + 1 + (i %% 5 == 0)],
                baseline = 12 + (i * 7) %% 13, entry = (i * 5) %% 4 * 2)
d$time <- d$entry + 1 + (i * 37) %% 41 + ifelse(d$arm == "IV", 9, 0) + (d$baseline > 18) * 6
kind <- (i * 11) %% 9
d$cause <- ifelse(kind < 5, "response", ifelse(kind < 7, "stopped", NA))
d$event <- as.integer(!is.na(d$cause) & d$cause == "response")
d$left <- pmax(0, 7 * ((d$time - 1) %/% 7)); d$right <- ifelse(d$event == 1, d$left + 7, NA)
d$left[d$event == 0] <- d$time[d$event == 0]
d$left[i %% 10 == 3 & d$event == 1] <- d$time[i %% 10 == 3 & d$event == 1]; same <- i %% 10 == 3 & d$event == 1
d$right[same] <- d$left[same]

tell <- function(f) list(terms = names(coef(f)), estimate = unname(coef(f)), std_error = unname(sqrt(diag(f$naive.var %||% f$var))),
  robust = if (is.null(f$naive.var)) NULL else unname(sqrt(diag(f$var))), log_likelihood = f$loglik[2])
`%||%` <- function(a, b) if (is.null(a)) b else a
zph <- function(f, how) { z <- cox.zph(f, transform = how)$table; list(names = rownames(z), chisq = unname(z[, 1]), df = unname(z[, 2])) }
plain <- coxph(Surv(time, event) ~ arm + baseline, d)
late <- coxph(Surv(entry, time, event) ~ arm + baseline, d, cluster = site)
strat <- coxph(Surv(time, event) ~ baseline + strata(arm), d, cluster = site)
state <- factor(ifelse(is.na(d$cause), "censored", d$cause), levels = c("censored", "response", "stopped"))
aj <- summary(survfit(Surv(time, state) ~ 1, d), times = c(14, 28, 45), extend = TRUE)
gray <- cuminc(d$time, ifelse(is.na(d$cause), 0, ifelse(d$cause == "response", 1, 2)), d$arm)$Tests
rmst <- lapply(c(IM = "IM", IN = "IN", IV = "IV"), function(a) { s <- summary(survfit(Surv(time, event) ~ 1, d[d$arm == a, ]), rmean = 40)$table
  unname(s[c("rmean", "se(rmean)")]) })
inter <- function(dist) { f <- survreg(Surv(left, right, type = "interval2") ~ baseline, transform(d, left = ifelse(left == 0, NA, left)), dist = dist,
    control = survreg.control(rel.tolerance = 1e-12, maxiter = 200))
  list(estimate = unname(coef(f)), std_error = unname(sqrt(diag(vcov(f)))[1:2]), scale = f$scale, log_likelihood = f$loglik[2]) }

write_json(list(
  made_by = "survival_models.R", versions = list(survival = as.character(packageVersion("survival")), cmprsk = as.character(packageVersion("cmprsk"))),
  data = d, cox = tell(plain), late = tell(late), stratified = tell(strat),
  zph = lapply(c(km = "km", rank = "rank", identity = "identity", log = "log"), function(how) zph(plain, how)),
  zph_stratified = zph(strat, "km"),
  incidence = list(day = aj$time, response = aj$pstate[, 2], stopped = aj$pstate[, 3], error_response = aj$std.err[, 2], error_stopped = aj$std.err[, 3]),
  gray = unname(gray[, 1]), restricted_mean = rmst,
  accelerated = lapply(c(weibull = "weibull", lognormal = "lognormal", loglogistic = "loglogistic"), inter)
), commandArgs(TRUE)[1], digits = 12, auto_unbox = TRUE, na = "null")
