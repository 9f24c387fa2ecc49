package llava4j.checkpoint.hub;

import java.net.URI;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletionService;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorCompletionService;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.function.Consumer;
import java.util.function.LongConsumer;
import java.util.stream.Collectors;
import llava4j.error.BadInputException;

/// Downloads only the files that a model needs. Files in the cache are not downloaded again;
/// interrupted downloads are resumed.
public final class HubClient {
  private static final String CONFIG = "config.json";
  private static final int MAX_LISTING_BYTES = 64 << 20;
  private static final int PARALLEL_FILES = 2;

  private final HubSettings settings;
  private final HubHttp http;

  /// Receives the progress of a download. It is called by one thread at a time.
  @FunctionalInterface
  public interface ProgressListener {
    /// @param done bytes of all files together, including those from earlier downloads
    void onBytes(long done, long total);
  }

  public HubClient(HubSettings settings) {
    this(settings, HubPatience.of(settings.retryDelay()));
  }

  HubClient(HubSettings settings, HubPatience patience) {
    this.settings = settings;
    this.http = new HubHttp(settings, patience);
  }

  /// The folder with all of the model's files. An interrupt ends the download, sets the thread's
  /// interrupt flag and keeps the downloaded bytes.
  ///
  /// @param notes receives sentences about retries, one at a time
  public Path fetch(HubReference reference, ProgressListener progress, Consumer<String> notes) {
    HubCache cache = new HubCache(settings.cache(), reference);
    if (settings.offline()) {
      return new OfflineModel(settings, reference, cache).folder();
    }
    Object lock = new Object();
    return new Fetch(
            reference,
            cache,
            progress,
            note -> {
              synchronized (lock) {
                notes.accept(note);
              }
            })
        .run();
  }

  /// The download of one model.
  private final class Fetch {
    private final HubReference reference;
    private final HubCache cache;
    private final ProgressListener progress;
    private final Consumer<String> notes;

    Fetch(
        HubReference reference, HubCache cache, ProgressListener progress, Consumer<String> notes) {
      this.reference = reference;
      this.cache = cache;
      this.progress = progress;
      this.notes = notes;
    }

    Path run() {
      HubListing listing = list();
      List<String> chosen = choose(listing);
      List<HubFile> files = new ArrayList<>();
      for (HubFile file : listing.named(chosen)) {
        boolean there = cache.has(listing.commit(), file);
        files.add(there || !file.etag().isEmpty() ? file : described(listing.commit(), file));
      }
      List<HubFile> missing =
          files.stream().filter(file -> !cache.has(listing.commit(), file)).toList();
      cache.requireSpace(
          missing.stream().mapToLong(file -> file.size() - cache.present(file)).sum());
      Totals totals = new Totals(files, missing, progress);
      inParallel(
          missing.stream()
              .<Runnable>map(file -> () -> download(listing.commit(), file, totals.nextFile()))
              .toList());
      cache.remember(reference.revision(), listing.commit());
      return cache.snapshot(listing.commit());
    }

    private HubListing list() {
      URI model = URI.create(settings.endpoint() + "/api/models/" + reference.name());
      URI uri = URI.create(model + "/revision/" + encoded(reference.revision()) + "?blobs=true");
      try {
        return HubListing.parse(
            http.getBytes(uri, MAX_LISTING_BYTES, reference.toString(), notes), uri, reference);
      } catch (HubHttp.NotFoundException e) {
        String code = e.code();
        if (code.isEmpty()) {
          code = http.exists(model) ? "RevisionNotFound" : "RepoNotFound";
        }
        throw new HubRefusal(404, code, uri, reference.toString()).sentence(settings);
      }
    }

    /// Selects the files. An index of shards is downloaded first, because it lists the shards.
    private List<String> choose(HubListing listing) {
      List<String> names = listing.names();
      List<String> chosen = FileSelection.needed(names, reference.quantisation());
      Optional<String> index = FileSelection.index(chosen);
      if (index.isPresent()) {
        String name = index.get();
        List<String> shards =
            FileSelection.shards(name, readAtOnce(listing, name), reference.toString());
        requireListed(name, shards, names);
        chosen = FileSelection.withShards(chosen, name, shards);
      }
      if (chosen.contains(CONFIG)) {
        chosen = new ArrayList<>(chosen);
        chosen.addAll(FileSelection.towerFiles(names, readAtOnce(listing, CONFIG)));
      }
      if (chosen.stream().noneMatch(FileSelection::isWeights)) {
        throw new BadInputException(
            reference
                + " contains no supported weights: neither safetensors nor torch nor GGUF"
                + " files; name another repository");
      }
      return chosen;
    }

    /// The content of a small file that determines which other files are needed.
    private byte[] readAtOnce(HubListing listing, String name) {
      HubFile listed = listing.named(List.of(name)).getFirst();
      if (!cache.has(listing.commit(), listed)) {
        HubFile file = listed.etag().isEmpty() ? described(listing.commit(), listed) : listed;
        download(listing.commit(), file, _ -> {});
      }
      return cache.read(listing.commit(), name);
    }

    private void requireListed(String index, List<String> shards, List<String> names) {
      for (String shard : shards) {
        if (!names.contains(shard)) {
          throw new BadInputException(
              index
                  + " of "
                  + reference
                  + " names the shard '"
                  + shard
                  + "', which does not exist; tell the model's owner, or name another revision");
        }
      }
    }

    private HubFile described(String commit, HubFile file) {
      return http.describe(uri(commit, file), file, what(file), notes);
    }

    private void download(String commit, HubFile file, LongConsumer onBytes) {
      cache.locked(
          file.etag(),
          () -> {
            if (!cache.hasBlob(file)) {
              new HubDownload(http, uri(commit, file), file, what(file)).run(cache, onBytes, notes);
            }
            cache.link(commit, file, file.etag());
          });
    }

    private String what(HubFile file) {
      return file.path() + " of " + reference;
    }

    private URI uri(String commit, HubFile file) {
      return URI.create(
          settings.endpoint()
              + "/"
              + reference.name()
              + "/resolve/"
              + commit
              + "/"
              + Arrays.stream(file.path().split("/", -1))
                  .map(HubClient::encoded)
                  .collect(Collectors.joining("/")));
    }
  }

  /// Adds up the progress of the downloads.
  private static final class Totals {
    private final ProgressListener progress;
    private final long total;
    private long done;

    Totals(List<HubFile> files, List<HubFile> missing, ProgressListener progress) {
      this.progress = progress;
      this.total = sum(files);
      this.done = total - sum(missing);
    }

    /// Receives the number of bytes of one file.
    LongConsumer nextFile() {
      long[] last = {0};
      return bytes -> {
        synchronized (this) {
          done += bytes - last[0];
          last[0] = bytes;
          progress.onBytes(done, Math.max(done, total));
        }
      };
    }

    private static long sum(List<HubFile> files) {
      return files.stream().mapToLong(file -> Math.max(0, file.size())).sum();
    }
  }

  /// Runs all tasks; the first failure stops the others.
  private static void inParallel(List<Runnable> tasks) {
    try (ExecutorService threads =
        Executors.newFixedThreadPool(
            PARALLEL_FILES, Thread.ofPlatform().daemon().name("hub-download-", 0).factory())) {
      CompletionService<Void> running = new ExecutorCompletionService<>(threads);
      tasks.forEach(task -> running.submit(task, null));
      try {
        for (int i = 0; i < tasks.size(); i++) {
          running.take().get();
        }
      } catch (InterruptedException e) {
        threads.shutdownNow();
        throw HubHttp.interrupted(e);
      } catch (ExecutionException e) {
        threads.shutdownNow();
        switch (e.getCause()) {
          case RuntimeException failure -> throw failure;
          case Error failure -> throw failure;
          default -> throw new IllegalStateException(e.getCause());
        }
      }
    }
  }

  private static String encoded(String part) {
    return URLEncoder.encode(part, StandardCharsets.UTF_8).replace("+", "%20");
  }
}
