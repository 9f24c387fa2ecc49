package llava4j.eval.task;

import java.util.List;

/// How an answer counts, where the right answers are, and how to get the official score: with the
/// benchmark's server, or with the scripts that the paper used. Addresses and commands are those of
/// LLaVA's evaluation guide (docs/Evaluation.md, scripts/v1_5/eval) and of the benchmarks' own
/// pages.
///
/// @param counts when an answer counts as right, as a sentence
/// @param truth name of what is compared with the model's answer, such as `right answer`
/// @param hidden why there is no right answer if the benchmark's files have none
/// @param steps to the official score, in order; paths start in the folder of results, DATA is the
///   folder of the benchmarks' files
public record Official(String counts, String truth, String hidden, List<Step> steps) {
  private static final String RIGHT = "right answer";
  private static final String PEOPLE = "people's answers";
  private static final String REFERENCE = "reference";
  private static final String PUBLIC = "not in the benchmark's files";
  private static final String OF_TEN =
      "An answer counts as much as ten people agree with it: min(1, n / 3) if n gave it, averaged"
          + " over all choices of nine of them.";
  private static final String AT_A_JUDGE =
      "A language model rates the answer; no rule decides what is right.";

  /// @param text what to do
  /// @param commands for a shell, one per line; empty if there are none
  public record Step(String text, List<String> commands) {
    public Step {
      commands = List.copyOf(commands);
    }
  }

  public Official {
    steps = List.copyOf(steps);
  }

  /// What is known of a benchmark. The small mixture's own test set has no official score.
  public static Official of(TaskName task) {
    return switch (task) {
      case VQAV2 -> vqav2();
      case GQA -> gqa();
      case VIZWIZ -> vizWiz();
      case SCIENCEQA -> scienceQa();
      case TEXTVQA -> textVqa();
      case POPE -> pope();
      case MME -> mme();
      case MMBENCH, MMBENCH_CN -> mmBench(task.word() + ".xlsx");
      case SEED -> seed();
      case LLAVABENCH -> llavaBench();
      case MMVET -> mmVet();
      case HELD_OUT ->
          new Official(
              "An answer counts if it has the form that was asked for and names the right thing.",
              RIGHT,
              PUBLIC,
              List.of());
    };
  }

  private static Official vqav2() {
    return new Official(
        OF_TEN,
        PEOPLE,
        "not public; the benchmark's server has those of test-dev",
        evalAi("830", "test-dev", "submissions/vqav2.json", "visualqa.org"));
  }

  private static Official vizWiz() {
    return new Official(
        OF_TEN,
        PEOPLE,
        "not public; the benchmark's server has those of the test split",
        evalAi("1911", "of the test split", "submissions/vizwiz.json", "vizwiz.org"));
  }

  /// EvalAI's page, and its command line (github.com/Cloud-CV/evalai-cli).
  private static List<Step> evalAi(String challenge, String phase, String file, String site) {
    return List.of(
        step(
            "Log in at https://eval.ai/web/challenges/challenge-page/"
                + challenge
                + "/my-submission, the address in LLaVA's evaluation guide; if the challenge there is"
                + " closed, "
                + site
                + " names the present one."),
        step("Choose the phase " + phase + " and send " + file + "."),
        step(
            "Or without a browser; PHASE is the number that the second command lists:",
            "evalai login",
            "evalai challenge " + challenge + " phases",
            "evalai challenge " + challenge + " phase PHASE submit --file " + file,
            "evalai challenge " + challenge + " phase PHASE submissions"));
  }

  private static Official gqa() {
    return new Official(
        "An answer counts if it is the right one, in lower case and without periods at its end.",
        RIGHT,
        PUBLIC,
        List.of(
            step(
                "This score has the rule of GQA's own eval.py. To run that, from"
                    + " cs.stanford.edu/people/dorarad/gqa/evaluate.html, put"
                    + " submissions/testdev_balanced_predictions.json beside GQA's files:",
                "python eval/eval.py --tier testdev_balanced")));
  }

  private static Official scienceQa() {
    return new Official(
        "An answer counts if the letter that it begins with, or names, is the right one.",
        RIGHT,
        PUBLIC,
        List.of(
            script(
                "python llava/eval/eval_science_qa.py --base-dir DATA/scienceqa --result-file"
                    + " scienceqa.jsonl --output-file output.jsonl --output-result result.json")));
  }

  private static Official textVqa() {
    return new Official(
        OF_TEN,
        PEOPLE,
        PUBLIC,
        List.of(
            script(
                "python -m llava.eval.eval_textvqa --annotation-file"
                    + " DATA/textvqa/TextVQA_0.5.1_val.json --result-file textvqa.jsonl")));
  }

  private static Official pope() {
    return new Official(
        "An answer with No, no or not before its first period means no; every other means yes.",
        RIGHT,
        PUBLIC,
        List.of(
            script(
                "python llava/eval/eval_pope.py --annotation-dir DATA/pope/coco --question-file"
                    + " DATA/pope/llava_pope_test.jsonl --result-file pope.jsonl")));
  }

  private static Official mme() {
    return new Official(
        "An answer counts if yes or no is found in its first four letters and is right. Each image"
            + " has two questions; both right give an additional point.",
        RIGHT,
        PUBLIC,
        List.of(
            step(
                "This score has the rule of MME's own calculation.py. To run that, copy"
                    + " submissions/mme to eval_tool/answers/NAME:",
                "python calculation.py --results_dir answers/NAME")));
  }

  private static Official mmBench(String file) {
    return new Official(
        "A card shows one order of the options. A question counts only if the right option is"
            + " chosen in every order (CircularEval).",
        RIGHT,
        "not public; the benchmark's server has those of the test split",
        List.of(
            step(
                "Send submissions/"
                    + file
                    + " at https://mmbench.opencompass.org.cn/mmbench-submission."),
            step(
                "For free-form answers, the server asks a language model which option is meant; an"
                    + " answer that is a letter needs none.")));
  }

  private static Official seed() {
    return new Official(
        "An answer counts if it is the right letter and nothing else.",
        RIGHT,
        PUBLIC,
        List.of(
            step(
                "For the leaderboard, send submissions/seed.jsonl at"
                    + " https://huggingface.co/spaces/AILab-CVC/SEED-Bench_Leaderboard.")));
  }

  private static Official llavaBench() {
    return new Official(
        AT_A_JUDGE
            + " It compares the model's answer with GPT-4's, both from 1 to 10; the score is the ratio"
            + " of the sums.",
        REFERENCE,
        PUBLIC,
        List.of(
            step(
                "Name a judge, and run the same command again; the answers are kept:",
                "llava eval llavabench ... --judge-url https://api.openai.com/v1"),
            script(
                "python llava/eval/eval_gpt_review_bench.py --question DATA/llava-bench-in-the-wild/questions.jsonl"
                    + " --context DATA/llava-bench-in-the-wild/context.jsonl --rule llava/eval/table/rule.json --answer-list"
                    + " DATA/llava-bench-in-the-wild/answers_gpt4.jsonl llavabench.jsonl --output reviews.jsonl",
                "python llava/eval/summarize_gpt_review.py -f reviews.jsonl")));
  }

  private static Official mmVet() {
    return new Official(
        AT_A_JUDGE + " It gives each answer from 0 to 1.",
        REFERENCE,
        PUBLIC,
        List.of(
            step(
                "Send submissions/mmvet.json at"
                    + " https://huggingface.co/spaces/whyu/MM-Vet_Evaluator, or run"
                    + " mm-vet_evaluator.ipynb of github.com/yuweihao/MM-Vet with it."),
            step(
                "Or name a judge, and run the same command again; the answers are kept:",
                "llava eval mmvet ... --judge-url https://api.openai.com/v1")));
  }

  private static Step script(String... commands) {
    return step(
        "To compare with the paper's own script, in a checkout of github.com/haotian-liu/LLaVA:",
        commands);
  }

  private static Step step(String text, String... commands) {
    return new Step(text, List.of(commands));
  }
}
