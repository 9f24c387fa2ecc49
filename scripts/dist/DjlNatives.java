/// Has the two tokenizer libraries unpack their native code into the folder that the property
/// `ENGINE_CACHE_DIR` names, in their own layout, where they find it at every later start.
void main() {
  ai.djl.huggingface.tokenizers.jni.LibUtils.checkStatus();
  ai.djl.sentencepiece.jni.LibUtils.loadLibrary();
}
