"""Drives llava4j from PySpark: check.py JARS MODEL IMAGES FOLDER. Fails at the first thing that is not as it should be."""

import sys
from pathlib import Path

from pyspark.ml import Pipeline, PipelineModel
from pyspark.sql import SparkSession

jars, model, images, folder = sys.argv[1:]
jars = sorted(str(jar) for jar in Path(jars).glob("*.jar"))
spark = (
    SparkSession.builder.master("local[2]")
    .config("spark.jars", ",".join(jars))
    .config("spark.ui.enabled", "false")
    .getOrCreate()
)
for jar in jars:
    if Path(jar).name.startswith("llava4j-spark-"):
        spark.sparkContext.addPyFile(jar)  # as --py-files does
from llava4j.spark import LlavaTransformer  # noqa: E402


def check(what, good, seen):
    print(("  " if good else "FAILED: ") + what + ": " + str(seen), flush=True)
    if not good:
        sys.exit(1)


def refused(what, exception, act):
    try:
        seen = act()
    except exception as e:
        check(what, True, str(e).splitlines()[0][:150])
        return
    check(what, False, seen)


broken = Path(folder, "images")
broken.mkdir()
for image in Path(images).glob("*.png"):
    (broken / image.name).write_bytes(image.read_bytes())
(broken / "broken.png").write_text("no image")
rows = spark.read.format("binaryFile").load(str(broken)).select("path", "content").repartition(2).cache()


def transformer(**params):
    return LlavaTransformer(model=Path(model), imageCol="content", prompt="What is this?", maxNewTokens=12, **params)


def answers(stage):
    return {Path(row.path).stem: (row.answer, row.error) for row in stage.transform(rows).collect()}


print("PySpark " + spark.version)
llava = transformer()
found = answers(llava)
check("a penguin is seen", "penguin" in (found["penguin"][0] or ""), found["penguin"])
check("a broken image fails its row alone", found.pop("broken")[1] is not None, "7 rows")
check("all images are answered", all(answer and not error for answer, error in found.values()), len(found))
check("defaults are Java's", llava.getOrDefault("weights") == "auto", llava.getOrDefault("maxNewTokens"))
check("whole numbers do for temperature and topP", len(answers(transformer(temperature=1, topP=1, seed=7))) == 7, "7 rows")
refused("a text for a number", TypeError, lambda: transformer(temperature="warm"))
refused("a number for a text", TypeError, lambda: transformer(system=5))
check("paths and None", len(answers(transformer(topP=None, seed=None, base=None))) == 7, "7 rows")
refused("a parameter that does not exist", TypeError, lambda: transformer(questions="?"))

whole = answers(llava)
llava.write().save(folder + "/alone")
check("stored alone and read", answers(LlavaTransformer.load(folder + "/alone")) == whole, "same answers")
Pipeline(stages=[llava]).write().save(folder + "/pipeline")
check("in a pipeline", answers(Pipeline.load(folder + "/pipeline").fit(rows)) == whole, "same answers")
Pipeline(stages=[llava]).fit(rows).write().save(folder + "/fitted")
check("in a fitted pipeline", answers(PipelineModel.load(folder + "/fitted")) == whole, "same answers")
spark.stop()
print("all as it should be")
