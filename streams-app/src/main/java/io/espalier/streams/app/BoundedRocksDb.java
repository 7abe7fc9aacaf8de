package io.espalier.streams.app;

import java.util.Map;
import org.apache.kafka.streams.state.RocksDBConfigSetter;
import org.rocksdb.BlockBasedTableConfig;
import org.rocksdb.Cache;
import org.rocksdb.LRUCache;
import org.rocksdb.Options;
import org.rocksdb.WriteBufferManager;

/**
 * Stores that share 64 MiB of memory outside of the heap, whatever their number. Without, each
 * takes up to a hundred.
 */
public final class BoundedRocksDb implements RocksDBConfigSetter {
  private static final long CACHE_BYTES = 64L << 20;
  private static final long BUFFER_BYTES = 32L << 20;
  private static final long ONE_BUFFER_BYTES = 8L << 20;
  private static final int BUFFERS = 2;

  // Shared by all stores of this process, for its whole life.
  private static final Cache CACHE = new LRUCache(CACHE_BYTES);
  private static final WriteBufferManager BUFFER_MANAGER =
      new WriteBufferManager(BUFFER_BYTES, CACHE);

  @Override
  public void setConfig(String store, Options options, Map<String, Object> settings) {
    if (options.tableFormatConfig() instanceof BlockBasedTableConfig table) {
      table.setBlockCache(CACHE);
      table.setCacheIndexAndFilterBlocks(true);
      options.setTableFormatConfig(table);
    }
    options.setWriteBufferManager(BUFFER_MANAGER);
    options.setWriteBufferSize(ONE_BUFFER_BYTES);
    options.setMaxWriteBufferNumber(BUFFERS);
  }

  @Override
  public void close(String store, Options options) {
    // What is shared stays.
  }
}
