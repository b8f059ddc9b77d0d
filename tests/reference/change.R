# Writes change.json: reliable change, cut-offs and effect sizes of 24 made-up pairs of totals, in base R.
# Needs jsonlite (Debian: r-cran-jsonlite). Run: Rscript change.R change.json
suppressMessages(library(jsonlite))

before <- c(22, 18, 25, 16, 20, 14, 27, 19, 11, 23, 17, 21, 15, 24, 12, 26, 13, 18, 20, 22, 10, 16, 19, 25)
after <- c(9, 17, 12, 4, 21, 13, 16, 6, 12, 8, 18, 10, 3, 20, 14, 11, 19, 7, 15, 5, 9, 16, 2, 27)
r <- 0.82
r_after <- 0.74
functional <- c(mean = 4.5, sd = 3.8)

m <- mean(before); s <- sd(before); my <- mean(after); sy <- sd(after)
sem <- s * sqrt(1 - r)
regressed <- m + r * (before - m)
rho <- cor(before, after)
shared <- s^2 + sy^2 - 2 * s * sy * rho
rdd <- (s^2 * (s^2 - sem^2) / s^2 + sy^2 * (sy^2 - sem^2) / sy^2 - 2 * s * sy * rho) / shared

index <- list(
  JT = (after - before) / (sqrt(2) * sem),
  GLN = (after - regressed) / (s * sqrt(1 - r^2)),
  HLL = ((after - my) - r * (before - m)) / (s * sqrt(1 - r^2)),
  EN = (after - regressed) / sem,
  NK = (after - regressed) / sqrt(r^2 * s^2 * (1 - r) + s^2 * (1 - r_after)),
  HA = ((after - before) * rdd + (my - m) * (1 - rdd)) / (sqrt(rdd) * sqrt(2) * sem)
)
critical <- c(JT = 1.96, GLN = 1.96, HLL = 1.96, EN = 1.96, NK = 1.96, HA = 1.645)

cut <- function(sd_clinical, sd_functional) list(
  a = m - 2 * sd_clinical,
  b = functional[["mean"]] + 2 * sd_functional,
  c = (sd_clinical * functional[["mean"]] + sd_functional * m) / (sd_clinical + sd_functional)
)
jt <- cut(s, functional[["sd"]])
sf <- functional[["sd"]]
ha <- cut(s * sqrt((s^2 - sem^2) / s^2), sf * sqrt((sf^2 - sem^2) / sf^2))

category <- function(name) {
  better <- -index[[name]] > critical[[name]]
  worse <- -index[[name]] < -critical[[name]]
  limit <- if (name == "HA") ha$c else jt$c
  sick <- !(before < limit)
  well <- after < limit
  if (name == "HA") {
    own <- (sy^2 - sem^2) / sy^2
    well <- -(my + (after - my) * own - limit) / (sqrt(own) * sem) > 1.645
  }
  ifelse(sick & well & better, "recovered",
    ifelse(better, "improved",
      ifelse(!sick & !well & worse, "harmed", ifelse(worse, "deteriorated", "unchanged"))))
}

gain <- before - after
n <- length(gain)
sd_gain <- sd(gain)
noncentral <- function(p) uniroot(function(ncp) pt(mean(gain) / sd_gain * sqrt(n), n - 1, ncp) - p, c(-2, 30),
                                  tol = 1e-10)$root / sqrt(n)
delta <- function(s, v) {
  d <- mean(gain) / s
  half <- qt(.975, n - 1) * sqrt(sd_gain^2 / (n * s^2) + d^2 * v / s^2)
  c(d, d - half, d + half, d * (1 - 3 / (4 * (n - 1) - 1)))
}
s_av <- (s + sy) / 2
sizes <- list(
  baseline = delta(s, s^2 / (2 * (n - 1))),
  av = delta(s_av, (s^2 + sy^2 + 2 * rho^2 * s * sy) / (8 * (n - 1))),
  z = c(mean(gain) / sd_gain, noncentral(.975), noncentral(.025), mean(gain) / sd_gain * (1 - 3 / (4 * (n - 1) - 1)))
)

write_json(list(
  made_by = "change.R",
  given = list(before = before, after = after, reliability = r, reliability_after = r_after,
               functional = unname(functional)),
  index = index, cutoffs = list(JT = jt, HA = ha),
  category = sapply(names(index), category, simplify = FALSE), correlation = rho, sizes = sizes
), commandArgs(TRUE)[1], digits = 12, auto_unbox = TRUE)
