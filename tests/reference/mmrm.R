# Writes mmrm.json: known answers for models of repeated measures. The data are made here by whole-number rules.
# Needs nlme and jsonlite (Debian: r-cran-nlme, r-cran-jsonlite). Run: Rscript mmrm.R mmrm.json
suppressMessages({library(nlme); library(jsonlite)})

d <- expand.grid(week = c(1, 2, 4, 8), id = 1:40)
d$arm <- ifelse(d$id %% 2 == 0, "A", "B")
k <- match(d$week, c(1, 2, 4, 8))
d$y <- 18 - 1.2 * k - 0.6 * k * (d$arm == "B") + 3 * sin(d$id * 2.3) + (1 + 0.4 * k) * sin(d$id * 7.1 + k * 3.7) +
  cos(d$id * 1.9 * k)
gone <- (d$id * 7 + k * 3) %% 11 < k - 1                                   # more are missing later
d <- d[!gone, ]
d$visit <- factor(d$week)
d$place <- as.integer(d$visit)

tight <- glsControl(msTol = 1e-12, tolerance = 1e-10, maxIter = 500, msMaxIter = 500)
fit <- function(correlation, weights) {
  f <- gls(y ~ visit * arm, d, correlation = correlation, weights = weights, method = "REML", control = tight)
  list(deviance = -2 * as.numeric(logLik(f)), estimate = unname(coef(f)), std_error = unname(sqrt(diag(vcov(f)))))
}
each <- varIdent(form = ~ 1 | visit)
write_json(list(
  made_by = "mmrm.R", version = as.character(packageVersion("nlme")),
  data = d[, c("id", "week", "arm", "y")], terms = names(coef(gls(y ~ visit * arm, d))),
  fits = list(
    "unstructured" = fit(corSymm(form = ~ place | id), each),
    "heterogeneous ar1" = fit(corAR1(form = ~ place | id), each),
    "ar1" = fit(corAR1(form = ~ place | id), NULL),
    "heterogeneous compound symmetry" = fit(corCompSymm(form = ~ 1 | id), each),
    "compound symmetry" = fit(corCompSymm(form = ~ 1 | id), NULL)
  )
), commandArgs(TRUE)[1], digits = 12, auto_unbox = TRUE)
