# Recomputes the figures of this bundle from its tables, in base R alone:
#
#   Rscript recheck.R
#
# Read are samples.csv, confusion.csv, strata.csv (the data as they were compared) and figures.csv
# (what the report says). Each figure that is known here must agree to 1e-9 of itself, or is named
# and the script ends with 1; so does a criterion's figure that is not known here.

TOLERANCE <- 1e-9
EDGE <- 1 + 1e-9   # 1.1 against 1.0 is within 10 %, which binary floating point denies

read <- function(file) {
  read.csv(file, colClasses = "character", check.names = FALSE, na.strings = character(0),
           encoding = "UTF-8")
}
arguments <- commandArgs(trailingOnly = FALSE)
script <- sub("^--file=", "", arguments[grep("^--file=", arguments)])
folder <- if (length(script)) dirname(script[1]) else "."
samples <- read(file.path(folder, "samples.csv"))
cells <- read(file.path(folder, "confusion.csv"))
strata <- read(file.path(folder, "strata.csv"))
figures <- read(file.path(folder, "figures.csv"))
# a text that looks like a formula has an apostrophe before it
plain <- function(text) sub("^'(['=+@\t\r\n-])", "\\1", text)
names(strata) <- plain(names(strata))
figures$stratum <- plain(figures$stratum)
# R reads some decimals one last digit off: of the neighbours the one that is written so
number <- function(text) {
  x <- suppressWarnings(as.numeric(ifelse(text == "", NA, text)))
  written <- function(v) {
    sprintf("%.15g", v) == text | sprintf("%.16g", v) == text | sprintf("%.17g", v) == text
  }
  right <- written(x)
  for (step in c(1, -1)) {
    near <- x * (1 + step * .Machine$double.eps)
    other <- !is.na(x) & !right & written(near)
    x[other] <- near[other]
    right <- right | other
  }
  x
}

# --- who belongs to a stratum: "all", or "column=value" ---

members <- function(stratum) {
  if (stratum == "all") return(NULL)
  for (column in setdiff(names(strata), c("sample_id", "patient"))) {
    mine <- paste0(column, "=", plain(strata[[column]])) == stratum
    if (any(mine)) return(strata$sample_id[mine])
  }
  character(0)
}
of <- function(table, stratum) {
  ids <- members(stratum)
  if (is.null(ids)) table else table[table$sample_id %in% ids, , drop = FALSE]
}

# --- values of one measurand ---

pairs <- function(subject, stratum) {
  rows <- of(samples[samples$measurand == subject, , drop = FALSE], stratum)
  x <- number(rows$reference); y <- number(rows$model)
  both <- !is.na(x) & !is.na(y)
  # a sample without a model result is outside every limit, where the protocol counts it
  patient <- strata$patient[match(rows$sample_id, strata$sample_id)]
  known <- !is.na(patient) & patient != ""  # else each sample is a patient of its own
  patient[!known] <- paste("sample", rows$sample_id[!known])
  list(x = x[both], y = y[both], patient = patient[both],
       lost = sum(is.na(y) & rows$within == "no"),
       inside = grepl("inside_noise", rows$flags[both], fixed = TRUE))
}
relative <- function(x, y) ifelse(x == y, 0, 100 * (y - x) / x)

# "share_within:10:or_within=0.1:or_noise" in its parts
parts <- function(statistic) {
  words <- strsplit(statistic, ":", fixed = TRUE)[[1]]
  floor <- grep("^or_within=", words, value = TRUE)
  limit <- grep("^limit=", words, value = TRUE)
  list(base = words[1], parameter = if (length(words) > 1) number(words[2]) else NA,
       floor = if (length(floor)) number(sub("or_within=", "", floor)) else 0,
       limit = if (length(limit)) number(sub("limit=", "", limit)) else 10,
       noise = "or_noise" %in% words)
}
effective <- function(x, y, limit, floor) {
  error <- 100 * abs(y - x) / pmax(x, 100 * floor / limit)
  ifelse(x == y, 0, error)
}
rank_of <- function(n, share) max(ceiling(round(n * share, 9)), 1)

error_of <- function(subject, stratum, statistic) {
  p <- pairs(subject, stratum); s <- parts(statistic)
  if (s$base %in% c("share_within", "n_outside")) {
    within <- effective(p$x, p$y, s$parameter, s$floor) <= s$parameter * EDGE
    if (s$noise) within <- within | p$inside
    n <- length(p$x) + p$lost
    return(if (s$base == "share_within") sum(within) / n else n - sum(within))
  }
  if (s$base == "covering_error" && !s$noise) {
    errors <- sort(c(effective(p$x, p$y, s$limit, s$floor), rep(Inf, p$lost)))
    return(errors[rank_of(length(errors), s$parameter)])
  }
  signed <- relative(p$x, p$y)
  switch(statistic, median = median(signed), mean = mean(signed), sd = sd(signed), NULL)
}

# --- Bland-Altman ---

# of one difference: where patients repeat, between and within them by analysis of variance
spread <- function(d, patient) {
  if (!anyDuplicated(patient)) return(sd(d))
  group <- split(d, patient)
  sizes <- lengths(group); n <- length(d); k <- length(group)
  inside <- sum(sapply(group, function(v) sum((v - mean(v))^2))) / (n - k)
  between <- sum(sizes * (sapply(group, mean) - mean(d))^2) / (k - 1)
  n0 <- (n - sum(sizes^2) / n) / (k - 1)
  sqrt(between / n0 + (1 - 1 / n0) * inside)
}
differences <- function(d, a, patient, statistic) {
  words <- strsplit(statistic, ":", fixed = TRUE)[[1]]
  if (words[1] %in% c("lower", "upper") && length(words) == 2 && words[2] != "nonparametric") {
    around <- qnorm(0.975) * spread(d, patient)
    return(mean(d) + if (words[1] == "lower") -around else around)
  }
  switch(words[1],
    bias = mean(d), sd = spread(d, patient),
    lower = quantile(d, 0.025, type = 6, names = FALSE),
    upper = quantile(d, 0.975, type = 6, names = FALSE),
    proportional_slope = { u <- a - mean(a); sum(u * (d - mean(d))) / sum(u^2) },
    NULL)
}
bland_altman <- function(subject, stratum, statistic) {
  p <- pairs(subject, stratum)
  differences(p$y - p$x, (p$x + p$y) / 2, p$patient, statistic)
}
bland_altman_percent <- function(subject, stratum, statistic) {
  p <- pairs(subject, stratum)
  a <- (p$x + p$y) / 2
  differences(ifelse(p$x == p$y, 0, 100 * (p$y - p$x) / a), a, p$patient, statistic)
}

# --- lines: slope, intercept, and bias_at:4 ---

of_line <- function(slope, intercept, statistic) {
  words <- strsplit(statistic, ":", fixed = TRUE)[[1]]
  switch(words[1], slope = slope, intercept = intercept,
         bias_at = (slope - 1) * number(words[2]) + intercept, NULL)
}
# the error ratio is a figure of its own: what of it is from counting noise needs the cells that
# either side counted and the reference's last digit, which the tables do not hold
deming <- function(subject, stratum, statistic) {
  row <- figures$measure == "deming" & figures$subject == subject & figures$stratum == stratum &
    figures$statistic == "error_ratio"
  ratio <- number(figures$value[row])
  if (statistic == "error_ratio" || length(ratio) != 1) return(NULL)
  p <- pairs(subject, stratum)
  dx <- p$x - mean(p$x); dy <- p$y - mean(p$y)
  xx <- sum(dx^2); yy <- sum(dy^2); xy <- sum(dx * dy)
  tilt <- ratio * yy - xx
  root <- sqrt(tilt^2 + 4 * ratio * xy^2)
  # two forms of one root; the one that adds
  slope <- if (tilt < 0) 2 * xy / (root - tilt) else (root + tilt) / (2 * ratio * xy)
  of_line(slope, mean(p$y) - slope * mean(p$x), statistic)
}

total_error <- function(subject, stratum, statistic) {
  p <- pairs(subject, stratum)
  differences(relative(p$x, p$y), p$x, p$patient, statistic)
}

# --- Passing-Bablok, by all slopes ---

whole <- function(x, y) {  # decimals as integers, so that ties are ties
  for (decimals in 0:15) {
    scale <- 10^decimals
    a <- round(x * scale); b <- round(y * scale)
    if (max(abs(c(a, b))) >= 2^53) break
    slack <- if (decimals <= 10) 8 * .Machine$double.eps else 0
    near <- function(w, v) all(abs(w / scale - v) <= slack * abs(v))
    if (near(a, x) && near(b, y)) return(list(x = a - min(a), y = b - min(b)))
  }
  step <- max(diff(range(x)), diff(range(y))) / 2^50
  list(x = round((x - min(x)) / step), y = round((y - min(y)) / step))
}
passing_bablok <- function(subject, stratum, statistic) {
  p <- pairs(subject, stratum)
  if (length(p$x) > 4000) return(NULL)
  w <- whole(p$x, p$y)
  dx <- outer(w$x, w$x, "-"); dy <- outer(w$y, w$y, "-")
  pick <- upper.tri(dx); dx <- dx[pick]; dy <- dy[pick]
  kept <- dx + dy != 0  # neither the same point nor a slope of -1
  slopes <- (dy / dx)[kept]
  slopes[is.infinite(slopes)] <- Inf
  ranked <- c(sort(slopes[slopes >= -1]), sort(slopes[slopes < -1]))
  n <- length(ranked)
  ends <- ranked[c((n + 1) %/% 2, n %/% 2 + 1)]
  slope <- if (ends[1] == ends[2]) ends[1]
    else if (all(ends > 0 & is.finite(ends))) sqrt(prod(ends))
    else tan((atan(ends[1]) + atan(ends[2])) / 2)
  of_line(slope, median(p$y - slope * p$x), statistic)
}

# --- cells ---

table_of <- function(stratum) {
  rows <- of(cells, stratum)
  labels <- unique(c(cells$true, cells$predicted))
  m <- matrix(0, length(labels), length(labels), dimnames = list(labels, labels))
  counts <- number(rows$n)
  for (i in seq_along(counts)) {
    m[rows$true[i], rows$predicted[i]] <- m[rows$true[i], rows$predicted[i]] + counts[i]
  }
  m
}
classes <- unique(figures$subject[figures$measure == "classification" & figures$subject != "all"])
one_class <- function(m, name, statistic) {
  tp <- if (name %in% rownames(m)) m[name, name] else 0
  true <- if (name %in% rownames(m)) sum(m[name, ]) else 0
  called <- if (name %in% rownames(m)) sum(m[, name]) else 0
  n <- sum(m); tn <- n - true - called + tp
  switch(statistic,
    sensitivity = tp / true, specificity = tn / (n - true), ppv = tp / called,
    npv = tn / (n - called), f1 = 2 * tp / (true + called), accuracy = (tp + tn) / n, NULL)
}
classification <- function(subject, stratum, statistic) {
  m <- table_of(stratum)
  if (subject != "all") return(one_class(m, subject, statistic))
  n <- sum(m); true <- rowSums(m); called <- colSums(m); hits <- sum(diag(m))
  present <- intersect(classes, rownames(m)[true > 0])
  mean_of <- function(what) mean(sapply(present, function(name) one_class(m, name, what)))
  switch(statistic,
    accuracy = hits / n,
    balanced_accuracy = mean_of("sensitivity"),
    macro_f1 = mean_of("f1"),
    mcc = (hits * n - sum(true * called)) /
      (sqrt(n^2 - sum(called^2)) * sqrt(n^2 - sum(true^2))),
    kappa = (hits / n - sum(true * called) / n^2) / (1 - sum(true * called) / n^2),
    NULL)
}

# --- attribution: shares of the reference, of the true classes and of the calls ---

MEASURAND <- c(neutrophil = "NEUT%", lymphocyte = "LYMPH%", monocyte = "MONO%",
               eosinophil = "EO%", basophil = "BASO%")
countable <- unique(figures$subject[figures$measure == "attribution"])
shares <- function(stratum) {  # of each sample: cells of each class, true and called
  rows <- of(cells, stratum)
  count <- function(column) {
    inside <- rows[[column]] %in% countable
    tapply(number(rows$n)[inside], list(factor(rows$sample_id[inside], unique(rows$sample_id)),
           factor(rows[[column]][inside], countable)), sum, default = 0)
  }
  true <- count("true"); called <- count("predicted")
  both <- rowSums(true) > 0 & rowSums(called) > 0
  list(true = 100 * (true / rowSums(true))[both, , drop = FALSE],
       called = 100 * (called / rowSums(called))[both, , drop = FALSE])
}
attribution <- function(subject, stratum, statistic) {
  s <- shares(stratum)
  true <- s$true[, subject]; called <- s$called[, subject]
  # on the same cells the true classes are the reference, and nothing remains
  if (any(figures$measure == "attribution" & figures$statistic == "remainder")) {
    name <- unname(MEASURAND[subject])
    if (is.na(name) || !any(samples$measurand == name)) return(NULL)
    listed <- samples[samples$measurand == name, , drop = FALSE]
    r <- number(listed$reference[match(rownames(s$true), listed$sample_id)])
    known <- !is.na(r) | all(is.na(r))
    true <- true[known]; called <- called[known]; r <- r[known]
  } else r <- true
  switch(statistic, observed = mean(called - r), explained = mean(called - true),
         remainder = mean(true - r), NULL)
}

# --- compare ---

KNOWN <- list(error = error_of, deming = deming, attribution = attribution,
              bland_altman = bland_altman, passing_bablok = passing_bablok,
              bland_altman_percent = bland_altman_percent, total_error = total_error,
              classification = classification)
agreed <- 0; wrong <- character(0); unknown <- character(0); open <- character(0)
for (i in seq_len(nrow(figures))) {
  f <- figures[i, ]
  said <- if (f$value %in% c("Infinity", "inf")) Inf else number(f$value)
  name <- paste(f$measure, f$subject, f$stratum, f$statistic, sep = " | ")
  if (is.na(said)) next  # not estimable, with its reason beside it
  how <- KNOWN[[f$measure]]
  found <- if (is.null(how)) NULL else how(f$subject, f$stratum, f$statistic)
  if (is.null(found) || length(found) != 1) {
    if (f$criteria == "") unknown <- c(unknown, name) else open <- c(open, paste(f$criteria, name))
  } else if (is.finite(found) && abs(found - said) <= TOLERANCE * max(abs(said), 1e-3) ||
             identical(found, said)) {
    agreed <- agreed + 1
  } else {
    wrong <- c(wrong, sprintf("%s: the report says %.17g, recomputed %.17g", name, said, found))
  }
}
measures <- table(sub(" .*", "", unknown))
cat(sprintf("%d figures recomputed, all to 1e-9 but %d\n", agreed + length(wrong), length(wrong)))
if (length(unknown)) {
  cat(sprintf("not known to this script, and under no criterion: %d (%s)\n", length(unknown),
              paste(names(measures), measures, collapse = ", ")))
}
if (length(open)) cat(paste("criterion not recomputed:", open), sep = "\n")
if (length(wrong)) cat(paste("DIFFERS", wrong), sep = "\n")
quit(status = if (length(wrong) || length(open)) 1 else 0)
