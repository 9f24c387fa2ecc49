"""LLaVA in PySpark: the transformer of llava4j-spark, whose jar holds this module (--py-files).

PySpark looks for a Python class of the Java class's name when it reads a stored Pipeline, so this module and its class
are named as the Java package and class are. Parameters are those of the Java class; docs/spark.md has their list.
"""

from pyspark.ml.param import TypeConverters
from pyspark.ml.util import JavaMLReadable, JavaMLWritable
from pyspark.ml.wrapper import JavaTransformer

# Without these a whole number given for a Java double, as in temperature=0, would end in a ClassCastException.
_CONVERTERS = {
    "DoubleParam": TypeConverters.toFloat,
    "IntParam": TypeConverters.toInt,
    "LongParam": TypeConverters.toInt,
    "BooleanParam": TypeConverters.toBoolean,
}


class LlavaTransformer(JavaTransformer, JavaMLReadable, JavaMLWritable):
    """Answers a question for each row. Parameters may be given by name: LlavaTransformer(model=..., prompt=...)."""

    def __init__(self, **params):
        super().__init__()
        self._java_obj = self._new_java_obj("llava4j.spark.LlavaTransformer", self.uid)
        self._create_params_from_java()
        for param in self._java_obj.params():
            converter = _CONVERTERS.get(param.getClass().getSimpleName())
            if converter is not None:
                getattr(self, param.name()).typeConverter = converter
        self._transfer_params_from_java()
        unknown = sorted(name for name in params if not self.hasParam(name))
        if unknown:
            known = ", ".join(param.name for param in self.params)
            raise TypeError("LlavaTransformer has no parameter " + ", ".join(unknown) + "; it has " + known)
        self._set(**params)
