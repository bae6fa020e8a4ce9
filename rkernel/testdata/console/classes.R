Classes of S3, S4 and R5; models, tables, str() and head().

#--- width
options(width = 80)
#--- S4 generics printing
setGeneric("describe", function(x, ...) { standardGeneric("describe") })
describe
setMethod("describe", "numeric", function(x, ...) cat("number\n"))
describe(1); describe
#--- S4 no method
describe("a")
#--- S4 ambiguous
setClass("A1"); setClass("B1"); setClass("C1", contains = c("A1", "B1"))
setGeneric("amb", function(x, y) standardGeneric("amb"))
setMethod("amb", signature("A1", "B1"), function(x, y) "AB"); setMethod("amb", signature("B1", "A1"), function(x, y) "BA")
amb(new("C1"), new("C1"))
#--- S4 virtual
setClass("V1", representation("VIRTUAL")); new("V1")
#--- S4 initialize
setClass("I1", representation(x = "numeric")); setMethod("initialize", "I1", function(.Object, ...) { .Object <- callNextMethod(.Object, ...); cat("init\n"); .Object })
i <- new("I1", x = 3); i; initialize(i, x = 4)
#--- S4 prototype, slots
setClass("Pr", slots = c(a = "numeric", b = "character", c = "list", d = "function"), prototype = list(a = 1, b = "x"))
new("Pr"); getSlots("Pr"); slotNames("Pr"); validObject(new("Pr")); isVirtualClass("Pr")
#--- S4 validity multi
setClass("Va", representation(a = "numeric"), validity = function(object) c("first problem", "second problem"))
new("Va", a = 1)
#--- S4 wrong slot
new("Pr", a = "x")
#--- S4 unknown slot
new("Pr", zz = 1, yy = 2)
#--- S4 assign slot
p <- new("Pr"); p@a <- 5; p@a; p@b <- 3
#--- S4 contains list, show inherited
setClass("L4", contains = "list"); new("L4", list(1, 2)); setClass("F4", contains = "function"); new("F4", function(x) x + 1); new("F4", function(x) x + 1)(2)
setClass("N4", contains = "numeric", representation(u = "character")); n <- new("N4", 1:3, u = "cm"); n; n + 1; n[2]; n@.Data; as.numeric(n); mean(n)
#--- S4 data frame
setClass("D4", contains = "data.frame"); new("D4", data.frame(a = 1:2))
#--- S4 matrix
setClass("M4", contains = "matrix"); new("M4", matrix(1:4, 2))
#--- S4 character factor
setClass("Ch4", contains = "character"); new("Ch4", c("a", "b")); setClass("E4", contains = "environment"); is(new("E4"))
#--- class unions, generics groups
setClassUnion("NumOrChar", c("numeric", "character")); setClass("U4", representation(v = "NumOrChar")); new("U4", v = 1); new("U4", v = "a"); is(1, "NumOrChar")
setMethod("Arith", signature("N4", "N4"), function(e1, e2) { cat(.Generic, "\n"); new("N4", callGeneric(e1@.Data, e2@.Data), u = e1@u) }); n * n
setMethod("length", "I1", function(x) 99L); length(i); setMethod("[", "I1", function(x, i, ...) x@x[i]); i[1]; setMethod("$", "I1", function(x, name) paste("field", name)); i$foo
setMethod("summary", "I1", function(object, ...) cat("summary of I1\n")); summary(i)
setMethod("print", "I1", function(x, ...) cat("printing I1\n")); print(i); i
#--- S4 show error
setMethod("show", "I1", function(object) stop("cannot show")); i
#--- S4 show warning
setMethod("show", "I1", function(object) { warning("odd show"); cat("<I1>\n") }); i; list(i)
#--- S4 isVirtualClass, existing
existsMethod("describe", "numeric"); hasMethod("describe", "integer"); getMethod("describe", "numeric"); selectMethod("describe", "integer"); isGeneric("describe"); removeGeneric("describe")
#--- S4 getClass
getClass("N4"); getClass("NumOrChar"); showMethods("amb"); getGenerics()[1:2]
#--- S4 class generator
Gen <- setClass("Gen", representation(a = "numeric")); Gen; Gen(a = 1); str(Gen(a = 1)); isVirtualClass("Gen"); identical(Gen(a = 1), Gen(a = 1)); removeClass("Gen")
#--- S4 callNextMethod
setClass("Base1", representation(x = "numeric")); setClass("Der1", contains = "Base1"); setMethod("show", "Base1", function(object) cat("<Base1 ", object@x, ">\n", sep = "")); setMethod("show", "Der1", function(object) { cat("<Der1> "); callNextMethod() }); new("Der1", x = 1); as(new("Der1", x = 2), "Base1"); is(new("Der1", x = 1)); is(new("Der1", x = 1), "Base1")
#--- S4 setAs coerce
setAs("character", "Base1", function(from) new("Base1", x = nchar(from))); as("abc", "Base1"); as(3L, "character"); as("3", "numeric")
#--- as bad
as("a", "Der1")
#--- setMethod bad
setMethod("nonexistentgeneric", "numeric", function(x) 1)
#--- setClass twice and messages
setClass("Dup", representation(a = "numeric")); setClass("Dup", representation(a = "character")); setGeneric("summary"); setGeneric("nchar")
#--- setGeneric message
f1 <- function(x) x; setGeneric("f1"); f1(2); removeMethod("f1", "ANY")
#--- R5 show, copy, callSuper
Person <- setRefClass("Person", fields = list(name = "character", age = "numeric"), methods = list(
  initialize = function(...) { initFields(...); if (length(age) == 0) age <<- 0; cat("created\n"); invisible(.self) },
  greet = function() { "Says hello"
    cat("Hello,", name, "\n") },
  birthday = function() { age <<- age + 1; invisible(.self) }))
p <- Person$new(name = "Ann"); p; p$greet(); p$birthday(); p$age; p$birthday()$birthday(); q <- p$copy(); q$age <- 50; p$age; q
Student <- setRefClass("Student", contains = "Person", fields = list(school = "character"), methods = list(greet = function() { callSuper(); cat("I study at", school, "\n") }))
s <- Student$new(name = "Bob", school = "MIT"); s$greet(); s; is(s, "Person"); class(s); Person$methods("greet"); Person$help("greet"); Person$fields(); Student$className; Student
#--- R5 show method
Stack <- setRefClass("Stack", fields = list(items = "list"), methods = list(push = function(x) { items[[length(items) + 1]] <<- x }, pop = function() { v <- items[[length(items)]]; items[[length(items)]] <<- NULL; v }, size = function() length(items), show = function() cat("<Stack of ", size(), ">\n", sep = "")))
st <- Stack$new(); st$push(1); st$push("a"); st; st$pop(); st$size(); st$push; print(st); list(st); str(st)
#--- R5 bad field
Person$new(foo = 1)
#--- R5 bad type
p$age <- "old"
#--- R5 no such method
p$fly()
#--- R5 lock, accessors, active-like fields
Lk <- setRefClass("Lk", fields = list(a = "numeric", b = function(v) { if (missing(v)) { cat("get b\n"); 2 * a } else { cat("set b\n"); a <<- v / 2 } })); Lk$lock("a"); l <- Lk$new(a = 1); l$b; l; l$a <- 2
#--- R5 accessors
Ac <- setRefClass("Ac", fields = list(v = "numeric")); Ac$accessors("v"); x <- Ac$new(v = 3); x$getV(); x$setV(5); x$v; x$show(); x$getClass(); isVirtualClass("Ac")
#--- R5 error in show
Er <- setRefClass("Er", fields = list(v = "numeric"), methods = list(show = function() stop("no show"))); Er$new(v = 1)
#--- R5 trace and debug
Ac$methods(twice = function() { 2 * v }); y <- Ac$new(v = 4); y$twice(); all.equal(x, y); identical(x, x$copy())
#--- R5 method list
Ac$methods()
#--- S3 group generics
Ops.money <- function(e1, e2) { v <- get(.Generic)(unclass(e1), unclass(e2)); if (.Generic %in% c("+", "-")) structure(v, class = "money") else v }; print.money <- function(x, ...) cat("$", format(unclass(x), nsmall = 2), "\n"); structure(5, class = "money") + structure(2.5, class = "money"); structure(5, class = "money") > 3; -structure(5, class = "money")
#--- S3 unary error
Ops.neg <- function(e1, e2) stop("no ", .Generic, " for neg"); -structure(5, class = "neg")
#--- S3 incompatible
Ops.m1 <- function(e1, e2) "m1"; Ops.m2 <- function(e1, e2) "m2"; structure(1, class = "m1") + structure(2, class = "m2")
#--- S3 format, toString, summary print
format.temp <- function(x, ...) paste0(unclass(x), "°C"); print.temp <- function(x, ...) print(format(x), quote = FALSE); t1 <- structure(c(20.5, 30), class = "temp"); t1; t1[1]; unclass(t1); summary(t1); str(t1); head(t1, 1); rev(t1); c(t1, 5)
summary.temp <- function(object, ...) structure(list(m = mean(unclass(object))), class = "summary.temp"); print.summary.temp <- function(x, ...) cat("Mean temp:", x$m, "\n"); summary(t1); x <- summary(t1); x; list(t1, x)
#--- S3 subset methods, length, dim
length.lz <- function(x) 3L; `[.lz` <- function(x, i) { cat("sub\n"); i * 10 }; `[[.lz` <- function(x, i) { cat("sub2\n"); i * 100 }; `$.lz` <- function(x, name) { cat("dollar", name, "\n"); name }; z <- structure(list(), class = "lz"); length(z); z[2]; z[[2]]; z$abc; lapply(z, identity)
dim.dd <- function(x) c(2L, 3L); d <- structure(list(), class = "dd"); dim(d); nrow(d)
#--- dim lies and prints
d <- structure(list(1), class = "dd"); print.dd <- function(x, ...) cat("dd printed\n"); d
#--- a class with dims that fails
dim.bad <- function(x) stop("no dim"); print.bad <- function(x, ...) cat("bad printed\n"); structure(list(1), class = "bad")
#--- as.character that fails, names that fail
names.bad2 <- function(x) stop("no names"); length.bad2 <- function(x) stop("no length"); print.bad2 <- function(x, ...) cat("bad2 printed\n"); structure(list(1), class = "bad2")
#--- data frame class that lies
structure(list(a = 1:3, b = 1:2), class = "data.frame", row.names = 1:3)
#--- data frame corrupt
structure(list(a = 1:3), class = "data.frame")
#--- data frame with bad columns
x <- data.frame(a = 1:2); x$e <- list(globalenv(), sum); x
x$f <- expression(a, b)
#--- data frame with class that cats in format
format.noisy <- function(x, ...) { cat("[format called]\n"); as.character(unclass(x)) }; x <- data.frame(a = 1:2); x$n <- structure(c(7, 8), class = "noisy"); x
#--- data frame with format that fails
format.fails <- function(x, ...) stop("format fails"); x <- data.frame(a = 1:2); x$n <- structure(c(7, 8), class = "fails"); x
#--- data frame with warnings in format
format.warns <- function(x, ...) { warning("format warns"); as.character(unclass(x)) }; x <- data.frame(a = 1:2); x$n <- structure(c(7, 8), class = "warns"); x
#--- print.data.frame override
print.data.frame <- function(x, ...) cat("a frame of", nrow(x), "\n"); x; data.frame(a = 1); rm(print.data.frame)
#--- counters in methods are called once
count <- 0; print.counted <- function(x, ...) { count <<- count + 1; cat("print", count, "\n"); invisible(x) }; format.counted <- function(x, ...) { count <<- count + 100; "c" }; length.counted <- function(x) { count <<- count + 1000; 1L }; dim.counted <- function(x) { count <<- count + 10000; NULL }; structure(1, class = "counted")
count
#--- counters in a subclass of data frames
dim.cdf <- function(x) { cat("dim\n"); NextMethod() }; `[.cdf` <- function(x, ...) { cat("sub\n"); NextMethod() }; `[[.cdf` <- function(x, ...) { cat("sub2\n"); NextMethod() }; `$.cdf` <- function(x, name) { cat("dollar\n"); unclass(x)[[name]] }; names.cdf <- function(x) { cat("names\n"); NextMethod() }; print.cdf <- function(x, ...) cat("cdf\n"); structure(list(a = 1:2), class = c("cdf", "data.frame"), row.names = 1:2)
#--- row.names
as.data.frame.cdf <- function(x, ...) { cat("asdf\n"); NextMethod() }; structure(list(a = 1:2), class = c("cdf", "data.frame"), row.names = 1:2)
rm(list = grep("cdf$", ls(), value = TRUE))
#--- matrix of a class
m <- structure(matrix(1:4, 2), class = "mm"); print.mm <- function(x, ...) cat("mm!\n"); m; dim(m)
#--- active columns
print(structure(list(a = 1:2, b = c("x", "y")), row.names = c(NA, -2L), class = "data.frame"), row.names = FALSE)
#--- difftime, roman, octmode, hexmode, noquote etc
as.roman(c(1, 4, 9)); as.octmode(8:9); as.hexmode(255); noquote(letters[1:3]); as.difftime(c(a = 1, b = 2), units = "hours"); object.size(1:10); packageVersion("base") >= "4.0.0"; as.person("A B <a@b.c>"); numeric_version(c("1.2", "1.10")); .leap.seconds[1]; as.table(matrix(1:4, 2)); I(1:3); I(list(1, "a")); AsIs <- I("x"); AsIs
#--- htest, lm, glm, anova, aov, nls
t.test(extra ~ group, sleep); anova(lm(mpg ~ wt, mtcars), lm(mpg ~ wt + hp, mtcars)); summary(glm(am ~ wt, binomial, mtcars)); TukeyHSD(aov(breaks ~ tension, warpbreaks)); chisq.test(table(mtcars$cyl, mtcars$am))
#--- prcomp, kmeans, hclust, dist
summary(prcomp(USArrests, scale. = TRUE)); hclust(dist(matrix(1:6, 3))); dist(matrix(1:6, 3)); ecdf(1:3); density(c(1, 2, 3)); spline(1:3, 1:3, n = 4); stepfun(1:2, 0:2); loess(dist ~ speed, cars); optimize(function(x) x^2, c(-1, 1))$minimum < 1e-4; integrate(dnorm, -Inf, Inf); uniroot(function(x) x - 1, c(0, 3))$root > 0.99; quantile(1:10); fivenum(1:10); cor(mtcars[1:3]); xtabs(~ cyl + gear, mtcars); ftable(xtabs(~ cyl + gear + am, mtcars)); aggregate(mpg ~ cyl, mtcars, mean); by(mtcars$mpg, mtcars$cyl, summary); tapply(mtcars$mpg, list(mtcars$cyl, mtcars$am), mean); prop.table(table(c("a", "b", "a"))); addmargins(table(mtcars$cyl, mtcars$am)); summary(table(mtcars$cyl, mtcars$am)); cut(1:5, 2); split(1:4, c(1, 1, 2, 2)); merge(data.frame(k = 1:2, a = 3:4), data.frame(k = 2:3, b = 5:6)); reshape(data.frame(id = 1:2, x1 = 3:4, x2 = 5:6), direction = "long", varying = c("x1", "x2"), v.names = "x", idvar = "id"); model.matrix(~ factor(1:3)); poly(1:3, 2); arima(lh, order = c(1, 0, 0)); stl(nottem, "per")$time.series[1:2, ]; power.t.test(n = 20, delta = 1); mahalanobis(matrix(1:4, 2), 0, diag(2)); step(lm(mpg ~ wt + hp, mtcars), trace = 1)
#--- grid and units, colors
grid::unit(1:2, "cm"); rgb(1, 0, 0); col2rgb("red"); grDevices::palette(); colorRampPalette(c("red", "blue"))(3); hcl.colors(2); grDevices::nclass.Sturges(1:10); boxplot.stats(1:5)$stats; axisTicks(c(0, 10), FALSE); extendrange(1:3); xy.coords(1:2, 3:4); contourLines(volcano)[[1]]$level
#--- str of everything
str(1:3); str("a"); str(c(1.5, 2)); str(NULL); str(list(a = 1, b = list(c = "x", d = 1:3))); str(mtcars); str(factor(c("a", "b"))); str(Sys.Date() - Sys.Date()); str(function(x, y) x + y); str(quote(a + b)); str(y ~ x); str(expression(a)); str(globalenv()); str(as.POSIXct(0, origin = "1970-01-01", tz = "UTC")); str(1i); str(raw(2)); str(letters); str(array(1:8, c(2, 2, 2))); str(I("a")); str(ts(1:5)); str(TRUE); str(new("Base1", x = 1)); str(iris, vec.len = 1); str(list(1, 2), max.level = 0); str(1:200); str(seq(0.5, 5, 0.5)); str(c(a = 1)); str(structure(1:3, class = "foo")); str(strrep("x", 300)); str(NA); str(-1.5); str(list(list(list(1)))); str(as.name("x")); str(numeric_version("1.2")); str(data.frame()); str(.Machine$integer.max); str("世界"); str(1e10); str(100000L)
#--- head and tail
head(letters, 3); tail(letters, 3); head(letters, -23); tail(mtcars, 2); head(matrix(1:20, 10), 2); tail(matrix(1:20, 10), 2); tail(matrix(1:20, 10), 2, keepnums = FALSE); head(list(1, 2, 3), 2); head(function(x) {
  x
}, 2); tail(1:10, c(3)); head(array(1:24, c(2, 3, 4)), c(1, 2, 1)); head(table(c(1, 1, 2))); tail(data.frame(a = 1:3), 1)
